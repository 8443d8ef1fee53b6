/*
 * Puts esbuild's executables beside a function that builds plugins: node copy-esbuild.ts <folder>
 *
 * esbuild is a program for one kind of machine. The function gets the one for Lambda on arm64, and the one of this machine, where the
 * embedded stack runs the same bundle; `esbuild` chooses between them.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { extract } from 'tar';

const MODULES = join(import.meta.dirname, '../node_modules');
const CACHE = join(MODULES, '.cache/hoglet-esbuild');

/** What npm calls a machine, to what `uname -s`-`uname -m` does. */
const MACHINES: Record<string, string> = {
  'linux-arm64': 'Linux-aarch64',
  'linux-x64': 'Linux-x86_64',
  'darwin-arm64': 'Darwin-arm64',
  'darwin-x64': 'Darwin-x86_64',
};
const OF_LAMBDA = 'linux-arm64';

const CHOOSE = '#!/bin/sh\nexec "$(dirname "$0")/$(uname -s)-$(uname -m)" "$@"\n';

/** Nothing that runs on this machine needs it, so a machine without the registry can still synthesise; what is deployed says it, too. */
const MISSING =
  'esbuild for Lambda could not be fetched from the npm registry. A stack that is deployed from here cannot build plugins; deploy again where the registry is in reach';
const SAY_MISSING = `#!/bin/sh\necho "${MISSING}" >&2\nexit 1\n`;

const [folder = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'esbuild'), CHOOSE, { mode: 0o755 });
for (const machine of new Set([OF_LAMBDA, `${process.platform}-${process.arch}`])) {
  const target = join(folder, MACHINES[machine] ?? machine);
  const executable = executableOf(machine);
  if (executable === null) writeFileSync(target, SAY_MISSING);
  else copyFileSync(executable, target);
  chmodSync(target, 0o755);
}

/** The one that npm has installed for this machine; any other is fetched from the registry, once. Null when that cannot be reached. */
function executableOf(machine: string): string | null {
  const installed = join(MODULES, `@esbuild/${machine}/bin/esbuild`);
  if (existsSync(installed)) return installed;
  const { version } = JSON.parse(readFileSync(join(MODULES, 'esbuild/package.json'), 'utf8')) as { version: string };
  const cached = join(CACHE, `${machine}-${version}`);
  if (existsSync(cached)) return cached;
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, 'draft-'));
  try {
    const name = `@esbuild/${machine}@${version}`;
    const args = ['pack', name, '--pack-destination', draft, '--silent', '--fetch-retries=0', '--fetch-timeout=30000'];
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const [archive = ''] = readdirSync(draft);
    extract({ file: join(draft, archive), cwd: draft, sync: true });
    renameSync(join(draft, 'package/bin/esbuild'), cached);
    return cached;
  } catch (error) {
    console.error(`${MISSING}: ${(error as Error).message}`);
    return null;
  } finally {
    rmSync(draft, { recursive: true });
  }
}
