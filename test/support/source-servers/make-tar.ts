import { gzipSync } from 'node:zlib';
import { Header } from 'tar';

export interface TarEntry {
  path: string;
  content?: string | Uint8Array;
  /** As tar calls it: `SymbolicLink`, `CharacterDevice`. */
  type?: NonNullable<ConstructorParameters<typeof Header>[0]> extends infer Data
    ? Data extends { type?: infer Type }
      ? Type
      : never
    : never;
  linkpath?: string;
  /** Where the header says something else than is so. */
  declaredBytes?: number;
}

/** Makes a tar, also one that no program would make. */
export function makeTar(entries: TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, content = '', type = 'File', linkpath, declaredBytes }) => {
    const bytes = Buffer.from(content as string);
    const block = Buffer.alloc(512);
    const size = declaredBytes ?? bytes.length;
    new Header({ path, size, type, mode: 0o644, ...(linkpath === undefined ? {} : { linkpath }) }).encode(block);
    return [block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A tar.gz of files by path, all in one folder at the top if there is one. */
export function tgzOf(files: Record<string, string | Uint8Array>, top = ''): Buffer {
  return gzipSync(makeTar(Object.entries(files).map(([path, content]) => ({ path: top + path, content }))));
}
