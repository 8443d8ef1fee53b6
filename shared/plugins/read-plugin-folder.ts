import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { PluginFiles } from './bundle-imports.ts';

/** Folders that belong to an author's workshop, not to the plugin. */
const SKIPPED = new Set(['node_modules', '.git']);

/** Reads a plugin's folder from disk. @throws when there is no such folder. */
export async function readPluginFolder(folder: string): Promise<PluginFiles> {
  const paths = await filesBelow(folder);
  const entries = await Promise.all(
    paths.map(async (path) => [relative(folder, path).replaceAll(sep, '/'), await readFile(path)] as const),
  );
  return new Map(entries);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !SKIPPED.has(name));
  const paths = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    }),
  );
  return paths.flat();
}
