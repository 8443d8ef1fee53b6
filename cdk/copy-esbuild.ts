/*
 * Puts esbuild's executables beside a function that builds plugins: node copy-esbuild.ts <folder>
 *
 * esbuild is a program for one kind of machine. The function gets the one for Lambda on arm64, and the one of this machine, where the
 * embedded stack runs the same bundle; `esbuild` chooses between them.
 */
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchEsbuild, MACHINE_OF_LAMBDA } from './fetch-esbuild.ts';

/** What npm calls a machine, to what `uname -s`-`uname -m` does. */
const MACHINES: Record<string, string> = {
  'linux-arm64': 'Linux-aarch64',
  'linux-x64': 'Linux-x86_64',
  'darwin-arm64': 'Darwin-arm64',
  'darwin-x64': 'Darwin-x86_64',
};

const CHOOSE = '#!/bin/sh\nexec "$(dirname "$0")/$(uname -s)-$(uname -m)" "$@"\n';

/** Nothing that runs on this machine needs it, so a machine without the registry can still synthesise; what is deployed says it, too. */
const MISSING =
  'esbuild for Lambda could not be fetched from the npm registry. A stack that is deployed from here cannot build plugins; run npm ci where the registry is in reach, and deploy again';
const SAY_MISSING = `#!/bin/sh\necho "${MISSING}" >&2\nexit 1\n`;

const [folder = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'esbuild'), CHOOSE, { mode: 0o755 });
for (const machine of new Set([MACHINE_OF_LAMBDA, `${process.platform}-${process.arch}`])) {
  const target = join(folder, MACHINES[machine] ?? machine);
  const executable = find(machine);
  if (executable === null) writeFileSync(target, SAY_MISSING);
  else copyFileSync(executable, target);
  chmodSync(target, 0o755);
}

function find(machine: string): string | null {
  try {
    return fetchEsbuild(machine);
  } catch (error) {
    console.error(`${MISSING}: ${(error as Error).message}`);
    return null;
  }
}
