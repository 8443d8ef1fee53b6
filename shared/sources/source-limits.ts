const MIB = 1024 * 1024;

/** Every number that a source is held to. `docs/sources.md` says why. */
export const SOURCE_LIMITS = {
  /** Whole time for one request with its redirects, repetitions and waits. */
  requestSeconds: 60,
  /** Longest time without a byte. */
  silenceSeconds: 15,
  redirects: 5,
  /** Of a request that fails for reasons that may pass. What arrives damaged is asked for twice. */
  attempts: 3,
  /** The longest wait a site may ask for and get; beyond it, the error says when to come again. */
  waitSeconds: 10,
  /** What npm knows of a package: the largest have several MiB. */
  metadataBytes: 16 * MIB,
  archiveBytes: 32 * MIB,
  /** Files, folders and all else that an archive lists. */
  entries: 5000,
  /** Of a zip: what is wanted of it. Of a tar.gz: all of it, since all has to be unpacked to read any. */
  unpackedBytes: 64 * MIB,
  fileBytes: 16 * MIB,
  manifestBytes: MIB,
  /** Unpacked bytes for each byte of the archive; text rarely has more than 10. */
  ratio: 100,
  /** Unpacked bytes up to which the ratio is not looked at: small archives of empty files have odd ones. */
  ratioFreeBytes: MIB,
  pathDepth: 32,
  pathCharacters: 400,
  /** To build the code. Some that is nested a thousand times takes minutes. */
  buildSeconds: 30,
  /** The built code, which every process that runs the plugin reads. */
  codeBytes: 10 * MIB,
  /** A file that is larger is compared by size and hash. */
  diffFileBytes: MIB / 2,
  /** Text of all differences together; the files after it are compared by size and hash. */
  diffBytes: MIB,
  /** Lines that differ, of one file; finding more takes time that grows with their square. */
  diffEdits: 5000,
} as const;

/** How a number of bytes reads in an error. */
export function bytesText(bytes: number): string {
  if (bytes >= MIB) return `${Number((bytes / MIB).toFixed(1))} MiB`;
  return bytes >= 1024 ? `${Number((bytes / 1024).toFixed(1))} KiB` : `${bytes} bytes`;
}
