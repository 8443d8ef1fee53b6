import { createHash } from 'node:crypto';
import { constants, gzipSync } from 'node:zlib';
import { Header, Pax } from 'tar';
import type { FileSet } from '../fetched-plugin.ts';

const BLOCK_BYTES = 512;

/** Packs files into a tar.gz that says nothing but their paths and contents, in one order: no times, no owners. */
export function packFiles(files: FileSet): Uint8Array {
  const blocks = inOrder(files).flatMap(([path, content]) => [...headersOf(path, content.length), padded(content)]);
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]), { level: constants.Z_BEST_COMPRESSION });
}

/** sha256, hex, over the paths and contents of files, in whatever order they come. */
export function hashFiles(files: FileSet): string {
  const hash = createHash('sha256');
  for (const [path, content] of inOrder(files))
    hash.update(`${JSON.stringify(path)} ${content.length} ${createHash('sha256').update(content).digest('hex')}\n`);
  return hash.digest('hex');
}

function inOrder(files: FileSet): [string, Uint8Array][] {
  return [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function headersOf(path: string, size: number): Buffer[] {
  const block = Buffer.alloc(BLOCK_BYTES);
  const needsMore = new Header({ path, size, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'File' }).encode(
    block,
  );
  return needsMore ? [new Pax({ path }).encode(), block] : [block];
}

function padded(content: Uint8Array): Buffer {
  const rest = content.length % BLOCK_BYTES;
  return rest === 0 ? Buffer.from(content) : Buffer.concat([content, Buffer.alloc(BLOCK_BYTES - rest)]);
}
