#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { UsageError } from './usage-error.ts';

// What was compiled once is loaded at once: every command starts in two thirds of the time, or less. Where it cannot be written, nothing is kept.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/hoglet-compiled'));

// Whoever reads a part of it, such as `head`, has seen enough.
const unread = new AbortController();
process.stdout.on('error', () => unread.abort());

const parameters = process.argv.slice(2);
const isVerbose = parameters.includes('--verbose');

try {
  // Not exit(): what was written to a pipe is still on its way.
  process.exitCode = await run();
} catch (error) {
  const { exitCode = error instanceof UsageError ? 2 : 1, problem } = error as { exitCode?: number; problem?: object };
  const { message, stack } = error as Error;
  const isExpected = exitCode !== 1;
  if (parameters.includes('--json') && problem !== undefined) process.stderr.write(`${JSON.stringify(problem)}\n`);
  else process.stderr.write(`${isVerbose ? (stack ?? String(error)) : message}\n`);
  if (!isExpected && !isVerbose) process.stderr.write('--verbose says where.\n');
  process.exitCode = exitCode;
}

/** `hoglet test` needs nothing of what the other commands are made of, and starts without it. */
async function run(): Promise<number> {
  if (parameters[0] === 'test') return (await import('./test/test-command.ts')).testCommand(parameters.slice(1));
  const { runProgram } = await import('./program.ts');
  return runProgram(parameters, {
    env: process.env,
    write: (text) => void process.stdout.write(text),
    terminal: process.stderr.isTTY ? process.stderr : undefined,
    unread: unread.signal,
  });
}
