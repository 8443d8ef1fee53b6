/** One entry of an archive, before anything of it is believed. */
export interface ArchiveEntry {
  /** Checked and normalised by `entryPath`. */
  path: string;
  kind: 'file' | 'folder' | 'link' | 'device';
  /** As declared, bytes. */
  sizeBytes: number;
  /** Bytes in the archive; 0 where only the archive as a whole is compressed. */
  packedBytes: number;
  /** Gives the content of a file. @throws SourceError when it is not what was declared. */
  read(): Promise<Uint8Array>;
}
