import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  path: string | Buffer;
  content?: string | Uint8Array;
  /** Of Unix, with the kind of file: `0o120777` is a link. */
  mode?: number;
  /** Where the entry says something else than is so. */
  declared?: { sizeBytes?: number; crc32?: number; packedBytes?: number };
  /** Stores the content as it is. */
  isStored?: boolean;
  /** Has no data of its own, but that of the entry at this index. */
  sharedWith?: number;
}

/** Makes a zip, also one that lies. `entryCount` is what its end says there is. */
export function makeZip(entries: ZipEntry[], { entryCount = entries.length }: { entryCount?: number } = {}): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  const datas: { start: number; content: Buffer; packed: Buffer }[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.path as string);
    const shared = entry.sharedWith === undefined ? undefined : datas[entry.sharedWith];
    const content = shared?.content ?? Buffer.from((entry.content ?? '') as string);
    const packed = shared?.packed ?? (entry.isStored ? content : deflateRawSync(content));
    const method = entry.isStored ? 0 : 8;
    const { declared = {} } = entry;
    const numbers = [
      declared.crc32 ?? (shared === undefined ? crc32(content) : 0),
      declared.packedBytes ?? packed.length,
      declared.sizeBytes ?? content.length,
    ];
    const start = shared?.start ?? offset;
    datas.push({ start, content, packed });
    if (shared === undefined) {
      const local = Buffer.concat([
        u32(0x04034b50),
        u16(20, 0x800, method, 0, 0),
        u32(...numbers),
        u16(name.length, 0),
        name,
        packed,
      ]);
      locals.push(local);
      offset += local.length;
    }
    centrals.push(
      Buffer.concat([
        u32(0x02014b50),
        u16((3 << 8) | 20, 20, 0x800, method, 0, 0),
        u32(...numbers),
        u16(name.length, 0, 0, 0, 0),
        u32(((entry.mode ?? 0o100644) << 16) >>> 0, start),
        name,
      ]),
    );
  }
  const central = Buffer.concat(centrals);
  const count = Math.min(entryCount, 0xffff);
  const end = Buffer.concat([u32(0x06054b50), u16(0, 0, count, count), u32(central.length, offset), u16(0)]);
  return Buffer.concat([...locals, central, end]);
}

/** A zip of files by path, all in one folder at the top if there is one. */
export function zipOf(files: Record<string, string | Uint8Array>, top = ''): Buffer {
  return makeZip(Object.entries(files).map(([path, content]) => ({ path: top + path, content })));
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, 2 * index);
  return bytes;
}

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}
