import { SourceError } from '../source-error.ts';
import { bytesText, SOURCE_LIMITS } from '../source-limits.ts';
import { refusedEntry } from './entry-path.ts';

export function refuseTooManyEntries(count: number): void {
  const { entries } = SOURCE_LIMITS;
  if (count <= entries) return;
  throw new SourceError(
    'bad_archive',
    `The archive is refused: it has more than the ${entries} entries that are allowed. Is it only the plugin? Dependencies are best bundled into one file.`,
  );
}

/** @throws SourceError when a file declares more than one may have. */
export function refuseLargeFile(path: string, sizeBytes: number): void {
  const isManifest = path === 'plugin.json' || path.endsWith('/plugin.json');
  const limit = isManifest ? SOURCE_LIMITS.manifestBytes : SOURCE_LIMITS.fileBytes;
  if (sizeBytes <= limit) return;
  throw refusedEntry(path, `has ${bytesText(sizeBytes)} unpacked; ${bytesText(limit)} are allowed`);
}

/** @throws SourceError when so much has come, or is to come, out of so little. */
export function refuseLargeContent(unpackedBytes: number, packedBytes: number): void {
  const { unpackedBytes: limit, ratio, ratioFreeBytes } = SOURCE_LIMITS;
  if (unpackedBytes > limit)
    throw new SourceError(
      'bad_archive',
      `The archive is refused: it unpacks to more than the ${bytesText(limit)} that are allowed.`,
    );
  if (unpackedBytes > ratioFreeBytes && unpackedBytes > packedBytes * ratio)
    throw new SourceError(
      'bad_archive',
      `The archive is refused: it unpacks to more than ${ratio} times its size, which no plugin does.`,
    );
}
