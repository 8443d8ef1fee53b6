import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { create } from 'tar';
import { carriedPackages, isCarried } from './carried-packages.ts';
import { UsageError } from './usage-error.ts';
import { isWorkshopFile } from './workshop-files.ts';

export interface PackedPlugin {
  content: Uint8Array;
  name: string;
}

/**
 * Reads an archive, or packs a folder into one, with the npm packages that it carries. Null when there is no such file or folder here.
 *
 * @throws UsageError for a file of another kind, and for what is meant as a path but is not there
 */
export async function packPlugin(path: string): Promise<PackedPlugin | null> {
  const full = resolve(path);
  const found = await stat(full).catch(() => undefined);
  const name = basename(full);
  if (found?.isFile() && /\.(zip|tgz|tar\.gz)$/i.test(name)) return { content: await readFile(full), name };
  if (found === undefined && !/^[./~]/.test(path)) return null;
  if (!found?.isDirectory())
    throw new UsageError(`${path} is neither a folder nor a .zip, .tgz or .tar.gz on this machine.`);
  const entries = (await readdir(full)).sort();
  // The same files are the same bytes, whoever packs them and whenever.
  const carried = await carriedPackages(full);
  const filter = (file: string) => isCarried(file, carried) && !isWorkshopFile(basename(file));
  const packed = create({ cwd: full, gzip: true, portable: true, mtime: new Date(0), follow: false, filter }, entries);
  return { content: await buffer(packed), name };
}
