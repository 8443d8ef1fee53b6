import { crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise, getFileNameLowLevel, type ZipFile } from 'yauzl';
import { SourceError } from '../source-error.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import { entryPath, refusedEntry } from './entry-path.ts';
import { refuseTooManyEntries } from './unpack-limits.ts';

/**
 * Reads what a zip lists. Contents are unpacked one at a time, when they are asked for, and never beyond the size they declare.
 *
 * @throws SourceError when it is damaged, or lists what no honest archive does: too many entries, data that overlaps.
 */
export async function readZip(bytes: Buffer): Promise<ArchiveEntry[]> {
  try {
    // Names are checked here, so that both kinds of archive are held to the same.
    const zip = await fromBufferPromise(bytes, { decodeStrings: false });
    refuseTooManyEntries(zip.entryCount);
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) entries.push(entry);
    refuseOverlap(entries, bytes.length);
    return entries.map((entry) => toEntry(entry, zip));
  } catch (error) {
    throw unusable(error);
  }
}

function unusable(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  return new SourceError('bad_archive', `The zip cannot be unpacked: ${(error as Error).message}.`, { cause: error });
}

/** Bytes of a local header, before its name. */
const LOCAL_HEADER_BYTES = 30;

/** Many entries that share one piece of data make a small archive as large as one likes. */
function refuseOverlap(entries: Entry[], archiveBytes: number): void {
  const sorted = entries.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  for (const [index, entry] of sorted.entries()) {
    const { relativeOffsetOfLocalHeader: start, compressedSize, fileNameLength } = entry;
    const next = sorted[index + 1]?.relativeOffsetOfLocalHeader ?? archiveBytes;
    if (start + LOCAL_HEADER_BYTES + fileNameLength + compressedSize > next)
      throw refusedEntry(nameOf(entry), 'shares its data with another entry, or has less than it declares');
  }
}

function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true);
}

function toEntry(entry: Entry, zip: ZipFile): ArchiveEntry {
  const name = nameOf(entry);
  const { uncompressedSize: sizeBytes, compressedSize: packedBytes } = entry;
  const path = entryPath(name);
  return { path, kind: kindOf(entry, name), sizeBytes, packedBytes, read: () => readContent(entry, zip, path) };
}

/** The kind of file that Unix keeps in the upper half of the attributes; 0 where another system made the archive. */
function kindOf({ externalFileAttributes }: Entry, name: string): ArchiveEntry['kind'] {
  const type = (externalFileAttributes >>> 16) & 0o170000;
  if (type === 0o120000) return 'link';
  if (type !== 0 && type !== 0o100000 && type !== 0o040000) return 'device';
  return name.endsWith('/') || type === 0o040000 ? 'folder' : 'file';
}

async function readContent(entry: Entry, zip: ZipFile, path: string): Promise<Uint8Array> {
  if (entry.isEncrypted()) throw refusedEntry(path, 'is encrypted');
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    const content = Buffer.concat(chunks);
    if (crc32(content) !== entry.crc32) throw refusedEntry(path, 'is damaged: its checksum is another');
    return content;
  } catch (error) {
    throw unusable(error);
  }
}
