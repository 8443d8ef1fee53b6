/*
 * Fetches esbuild's executable for Lambda's kind of machine; npm installs the one of this machine only.
 *
 * It runs at the end of `npm ci`, while the registry is in reach, so that a checkout can be synthesised offline afterwards, and never fails it:
 * synthesising tries again.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const MODULES = join(ROOT, 'node_modules');
const CACHE = join(MODULES, '.cache/hoglet-esbuild');

/** As npm calls it. */
export const MACHINE_OF_LAMBDA = 'linux-arm64';

/**
 * Finds esbuild's executable for a kind of machine: the one that npm has installed, or one from the registry, fetched once, which must be
 * what package-lock.json says.
 *
 * @param machine as npm calls it: `linux-arm64`
 * @returns its path
 * @throws when the registry cannot be reached, or sends something else
 */
export function fetchEsbuild(machine: string): string {
  const installed = join(MODULES, `@esbuild/${machine}/bin/esbuild`);
  if (existsSync(installed)) return installed;
  const { version, integrity } = lockedPackage(`@esbuild/${machine}`);
  const cached = join(CACHE, `${machine}-${version}`);
  if (existsSync(cached)) return cached;
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, 'draft-'));
  try {
    const name = `@esbuild/${machine}@${version}`;
    const args = ['pack', name, '--pack-destination', draft, '--silent', '--fetch-retries=1', '--fetch-timeout=30000'];
    execFileSync('npm', args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    const archive = join(draft, readdirSync(draft)[0] as string);
    const actual = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (actual !== integrity)
      throw new Error(`${name} has ${actual}; package-lock.json allows ${integrity}. What does the registry serve?`);
    execFileSync('tar', ['-xzf', archive, '-C', draft, 'package/bin/esbuild']);
    renameSync(join(draft, 'package/bin/esbuild'), cached);
    return cached;
  } finally {
    rmSync(draft, { recursive: true });
  }
}

function lockedPackage(name: string): { version: string; integrity: string } {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; integrity: string } | undefined>;
  };
  const locked = packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`package-lock.json has no ${name}; allowed are machines that esbuild has`);
  return locked;
}

if (import.meta.main) {
  try {
    fetchEsbuild(MACHINE_OF_LAMBDA);
  } catch (error) {
    console.warn(`esbuild for Lambda could not be fetched; synthesising tries again. ${(error as Error).message}`);
  }
}
