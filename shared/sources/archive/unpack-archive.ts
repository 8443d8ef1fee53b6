import type { FileSet, IgnoredFiles } from '../fetched-plugin.ts';
import { SourceError } from '../source-error.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import { refusedEntry } from './entry-path.ts';
import { countIgnored, ignoredPart } from './ignored-files.ts';
import { pluginRoot, whereThereAre } from './plugin-root.ts';
import { readTar } from './read-tar.ts';
import { readZip } from './read-zip.ts';
import { refuseLargeContent, refuseLargeFile } from './unpack-limits.ts';

export interface UnpackedArchive {
  files: FileSet;
  ignored: IgnoredFiles[];
}

/**
 * Unpacks a plugin from a zip or tar.gz, in memory: nothing of it is ever written to a disk.
 *
 * @param folder of the plugin within the archive; empty: its top, or the one folder at its top.
 * @throws SourceError: `bad_archive` when anything in it is not as it should be, `not_found` without plugin.json.
 */
export async function unpackArchive(archive: Uint8Array, folder = ''): Promise<UnpackedArchive> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const all = await readEntries(bytes);
  refuseClashes(all);
  const own = all.filter(({ path, kind }) => kind !== 'folder' && ignoredPart(path) === null);
  const paths = own.map(({ path }) => path);
  const root = pluginRoot(paths, folder);
  const wanted = own.filter(({ path }) => path.startsWith(root));
  refuseOtherKinds(wanted);
  if (!wanted.some(({ path }) => path === `${root}plugin.json`)) throw withoutManifest(paths, root, folder);
  const ignored = all.filter(({ path, kind }) => kind !== 'folder' && path.startsWith(root));
  return {
    files: await readFiles(wanted, root),
    ignored: countIgnored(ignored.map(({ path }) => path.slice(root.length))),
  };
}

function readEntries(bytes: Buffer): Promise<ArchiveEntry[]> {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return readTar(bytes);
  if (bytes.toString('latin1', 0, 2) === 'PK') return readZip(bytes);
  const isPage = /^\s*</.test(bytes.toString('latin1', 0, 100));
  const what = bytes.length === 0 ? 'it is empty' : isPage ? 'it is a web page' : 'it begins like neither';
  throw new SourceError('bad_archive', `This is no zip and no tar.gz: ${what}.`);
}

/** Two entries of one path are two archives: which one is meant depends on who unpacks it. */
function refuseClashes(entries: ArchiveEntry[]): void {
  const files = new Set<string>();
  for (const { path, kind } of entries) {
    if (kind === 'folder') continue;
    if (files.has(path)) throw refusedEntry(path, 'is there twice');
    files.add(path);
  }
  for (const { path } of entries) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (files.has(path.slice(0, end))) throw refusedEntry(path, `lies in ${path.slice(0, end)}, which is a file`);
    }
  }
}

function refuseOtherKinds(entries: ArchiveEntry[]): void {
  for (const { path, kind } of entries) {
    if (kind === 'link') throw refusedEntry(path, 'is a link; put the file itself there');
    if (kind !== 'file') throw refusedEntry(path, 'is neither a file nor a folder');
  }
}

function withoutManifest(paths: string[], root: string, folder: string): SourceError {
  const where = folder === '' ? 'at the top of the archive' : `in ${folder}`;
  return new SourceError('not_found', `There is no plugin.json ${where}. ${whereThereAre(paths, root)}`);
}

async function readFiles(entries: ArchiveEntry[], root: string): Promise<FileSet> {
  const sum = (amount: (entry: ArchiveEntry) => number) => entries.reduce((total, entry) => total + amount(entry), 0);
  for (const { path, sizeBytes } of entries) refuseLargeFile(path, sizeBytes);
  const packedBytes = sum((entry) => entry.packedBytes);
  // A tar.gz has been counted while it was unpacked.
  if (packedBytes > 0)
    refuseLargeContent(
      sum((entry) => entry.sizeBytes),
      packedBytes,
    );
  const files = new Map<string, Uint8Array>();
  for (const entry of entries) files.set(entry.path.slice(root.length), await entry.read());
  return files;
}
