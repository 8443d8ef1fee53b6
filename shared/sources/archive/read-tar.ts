import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { SourceError } from '../source-error.ts';
import { bytesText } from '../source-limits.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import { entryPath } from './entry-path.ts';
import { refuseLargeContent, refuseLargeFile, refuseTooManyEntries } from './unpack-limits.ts';

/**
 * Unpacks a tar.gz in memory, as far as it keeps to the limits: what comes out is counted while it comes.
 *
 * @throws SourceError when it does not, or is damaged.
 */
export async function readTar(bytes: Buffer): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  const parser = new Parser({ strict: true, zstd: false, maxMetaEntrySize: META_BYTES });
  let failure: Error | null = null;
  let isEnded = false;
  let isFinished = false;
  // What a listener throws would go through the parser, which is in the middle of a chunk.
  const attempt = (step: () => void): void => {
    try {
      if (failure === null) step();
    } catch (error) {
      failure = error as Error;
    }
  };
  parser.on('error', (error: Error) => {
    failure ??= error;
  });
  parser.on('entry', (entry: ReadEntry) => {
    attempt(() => {
      refuseTooManyEntries(entries.length + 1);
      entries.push(toEntry(entry));
    });
    entry.resume();
  });
  parser.on('ignoredEntry', ({ type, size }: ReadEntry) =>
    attempt(() => {
      throw new Error(`an entry of type ${type} has ${bytesText(size)}`);
    }),
  );
  // Whatever follows the end is no part of the archive.
  parser.on('eof', () => {
    isEnded = true;
  });

  try {
    let unpackedBytes = 0;
    for await (const chunk of unzip(bytes)) {
      if (unpackedBytes === 0) refuseOther(chunk);
      unpackedBytes += chunk.length;
      refuseLargeContent(unpackedBytes, bytes.length);
      // What follows the end is unpacked all the same: only then gzip's checksum is compared.
      if (!isEnded) parser.write(chunk);
      if (failure !== null) throw failure as Error;
    }
    parser.on('end', () => {
      isFinished = true;
    });
    parser.end();
    if (failure !== null) throw failure as Error;
    if (!isFinished) throw new Error('it ends too soon');
    return entries;
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError('bad_archive', `The tar.gz cannot be unpacked: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** Of a long path, the only thing that such entries are for here. */
const META_BYTES = 64 * 1024;

async function* unzip(bytes: Buffer): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  gunzip.end(bytes);
  yield* gunzip as AsyncIterable<Buffer>;
}

/** The parser would unpack an archive within the archive, past all counting. */
function refuseOther(chunk: Buffer): void {
  if (chunk[0] === 0x1f && chunk[1] === 0x8b) throw new Error('it was compressed twice');
}

const KINDS: Partial<Record<ReadEntry['type'], ArchiveEntry['kind']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  GNUDumpDir: 'folder',
  Link: 'link',
  SymbolicLink: 'link',
};

function toEntry(entry: ReadEntry): ArchiveEntry {
  const { type, size } = entry;
  const path = entryPath(entry.path);
  const kind = KINDS[type] ?? 'device';
  if (!Number.isSafeInteger(size) || size < 0) throw new Error(`the size of ${path} is no size`);
  if (kind === 'file') refuseLargeFile(path, size);
  const chunks: Buffer[] = [];
  entry.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { path, kind, sizeBytes: size, packedBytes: 0, read: async () => Buffer.concat(chunks) };
}
