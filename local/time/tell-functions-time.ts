import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import type { Clock } from './clock.ts';

export interface FunctionsTime {
  /** For every function's process; none with a clock that does not leap. */
  variables: Record<string, string>;
  stop(): Promise<void>;
}

/**
 * Prepares that functions' processes have the clock's time as their `Date`. Their timers stay this machine's.
 *
 * @param runDirectory where a preloaded script and the clock's lead are written to
 */
export async function tellFunctionsTime(clock: Clock, runDirectory: string): Promise<FunctionsTime> {
  if (!clock.leaps) return { variables: {}, stop: async () => {} };
  const source = await readFile(join(import.meta.dirname, 'shifted-date.ts'), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'node24' });
  const script = join(runDirectory, 'shifted-date.mjs');
  await writeFile(script, code);

  const path = join(runDirectory, 'clock');
  const file = openSync(path, 'w');
  const bytes = Buffer.alloc(8);
  const detach = clock.attach({
    shifted(aheadMilliseconds) {
      bytes.writeDoubleLE(aheadMilliseconds);
      // In place, and never shorter in between: whoever reads sees the old lead or the new one.
      writeSync(file, bytes, 0, 8, 0);
    },
  });
  return {
    variables: { HOGLET_CLOCK_FILE: path, NODE_OPTIONS: `--import ${pathToFileURL(script).href}` },
    async stop() {
      detach();
      closeSync(file);
    },
  };
}
