import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureChains } from './chains.ts';
import { measureCodecs } from './codec.ts';
import { measureColdStart } from './cold-start.ts';
import { measureMemory } from './memory.ts';

const HELP = `npm run bench -- [--json] [--quick]

Measures what an event costs, against the least that could be done, interleaved in one run. Quote ratios, not times.
  --json    print one JSON object as the last line
  --quick   fewer samples and events, to see that it runs`;

const CHAIN_LENGTHS = [1, 5, 10];

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});
if (flags.help) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const progress = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
  };
  const samples = flags.quick ? 3 : 9;
  const result = {
    node: process.version,
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    chains: await measureChains(CHAIN_LENGTHS, samples, progress),
    codec: measureCodecs(samples, progress),
    coldStartMs: await measureColdStart(10, samples, progress),
    coldStartFivePluginsMs: await measureColdStart(5, samples, progress),
    memory: await measureMemory(flags.quick ? 20_000 : 200_000, progress),
  };
  progress('');
  if (flags.json) {
    console.log(JSON.stringify(result));
    return;
  }
  console.log(`Node ${result.node}, ${result.cpu}\n\nCPU per event, microseconds`);
  console.table(result.chains);
  console.log('Compression of packed messages');
  console.table(
    Object.fromEntries(
      Object.entries(result.codec).map(([name, { dollarsPerMillionEvents, ...row }]) => [
        name,
        { ...row, '$ per million events': dollarsPerMillionEvents.total },
      ]),
    ),
  );
  console.log(
    `Cold start of the plugin host: ${result.coldStartFivePluginsMs} ms with five plugins, ${result.coldStartMs} ms with ten`,
  );
  console.log('Memory, MiB');
  console.table({ halfway: result.memory.halfwayMegabytes, end: result.memory.endMegabytes });
}
