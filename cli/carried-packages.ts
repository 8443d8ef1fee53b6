import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { isProvided } from '../shared/libraries/provided-modules.ts';

/**
 * Which of the npm packages in a plugin's folder are the plugin's: those that its package.json needs to run, and what these need in turn.
 * What only its author needs, and what the host has anyway, is not. Null when there is no package.json to tell: then all are.
 *
 * @returns their folders within the plugin's, `node_modules/a` and `node_modules/a/node_modules/b`
 */
export async function carriedPackages(folder: string): Promise<ReadonlySet<string> | null> {
  const needed = await dependenciesOf(join(folder, 'package.json'));
  if (needed === null) return null;
  const carried = new Set<string>();
  const waiting = needed.map((name) => ({ name, from: '' }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const found = await findPackage(folder, next.name, next.from);
    if (found === null || carried.has(found.path)) continue;
    carried.add(found.path);
    waiting.push(...found.needs.map((name) => ({ name, from: found.path })));
  }
  return carried;
}

/** Whether a path within the plugin's folder belongs to it. */
export function isCarried(path: string, carried: ReadonlySet<string> | null): boolean {
  const [, owner] = /^(?:\.\/)?((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/@][^/]*)(?:\/|$)/.exec(path) ?? [];
  return owner === undefined || carried === null || carried.has(owner);
}

/** Looks where Node.js would: beside whoever needs it, and in the folders above. */
async function findPackage(folder: string, name: string, from: string) {
  for (let above = from; ; above = posix.dirname(above)) {
    const base = above === '.' ? '' : above;
    const path = posix.join(base, 'node_modules', name);
    const needs = await dependenciesOf(join(folder, path, 'package.json'));
    if (needs !== null) return { path, needs };
    if (base === '') return null;
  }
}

/** Null when there is no such file. What is wrong with one that is there, the build says. */
async function dependenciesOf(file: string): Promise<string[] | null> {
  try {
    const { dependencies, optionalDependencies } = JSON.parse(await readFile(file, 'utf8')) as Record<string, object>;
    return Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !isProvided(name));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === undefined ? [] : null;
  }
}
