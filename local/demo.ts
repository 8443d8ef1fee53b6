import { demo } from './demo/demo.ts';
import { DEMO_HELP, readDemoFlags } from './demo/read-demo-flags.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Once only: a second Ctrl-C ends the process at once.
  process.once(signal, () => interruption.abort(new Error(`Stopped by ${signal}; nothing was left behind.`)));
}

try {
  const flags = readDemoFlags(process.argv.slice(2));
  if (flags.help) console.log(DEMO_HELP);
  else process.exitCode = (await demo(flags, interruption.signal)) ? 0 : 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = interruption.signal.aborted ? 130 : 1;
}
