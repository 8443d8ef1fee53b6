#!/usr/bin/env node
import { UsageError } from './usage-error.ts';

/** Commands by name; each is loaded when it is called. It gives the exit code. */
const COMMANDS: Record<string, { summary: string; load(): Promise<(parameters: string[]) => Promise<number>> }> = {
  test: {
    summary: 'runs a plugin offline, with a scenario of events, time and HTTP',
    load: async () => (await import('./test/test-command.ts')).testCommand,
  },
};

// Whoever reads a part of it, such as `head`, has seen enough.
process.stdout.on('error', () => {});

const [name, ...parameters] = process.argv.slice(2);
const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;

try {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(`${help()}\n`);
    process.exitCode = name === undefined ? 2 : 0;
  } else if (command === undefined) {
    throw new UsageError(`There is no command "${name}".\n\n${help()}`);
  } else {
    const run = await command.load();
    // Not exit(): what was written to a pipe is still on its way.
    process.exitCode = await run(parameters);
  }
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`${isUsage ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

function help(): string {
  const lines = Object.entries(COMMANDS).map(([known, { summary }]) => `  ${known.padEnd(8)} ${summary}`);
  return `Usage: hoglet <command>\n\n${lines.join('\n')}\n\n\`hoglet <command> --help\` says more.`;
}
