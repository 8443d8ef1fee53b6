import { type ListContent, type ReadChunks, readSegments, type Segment } from './list-content.ts';
import { type Chunk, elementBytes } from './list-head.ts';

export interface ListLayout {
  front: string[];
  chunks: Chunk[];
  /** Chunks that are to be written before anything points to them. */
  fresh: { id: string; elements: string[] }[];
}

/** What the head holds itself: every push pays for it again, and every chunk for a request. */
const MAX_FRONT_BYTES = 4096;

/** A chunk with its key stays below 400 KB; the more it has, the more a short range reads in vain. */
const MAX_CHUNK_BYTES = 256 * 1024;

/**
 * Says where the elements are to lie. A front that has grown too large becomes a chunk, together with the newest chunks as long as they
 * are not larger than what they join: so an element is written about seven times (log2 of 256 KB / 4 KB, and once), however long the list,
 * and of chunks below 256 KB there are about seven.
 */
export async function layOut(
  content: ListContent,
  newChunkId: () => string,
  readChunks: ReadChunks,
): Promise<ListLayout> {
  const [first, ...rest] = content.segments;
  const front = first?.elements ?? [];
  const frontBytes = bytesOf({ elements: front, stored: null });
  const spills = frontBytes > MAX_FRONT_BYTES;
  if (spills) {
    const joined: Segment[] = [];
    let bytes = frontBytes;
    for (let next = rest[0]; next !== undefined; next = rest[0]) {
      const nextBytes = bytesOf(next);
      if (nextBytes > bytes || bytes + nextBytes > MAX_CHUNK_BYTES) break;
      bytes += nextBytes;
      joined.push(...rest.splice(0, 1));
    }
    await readSegments(joined, readChunks);
    rest.unshift({ elements: front.concat(...joined.map(({ elements }) => elements ?? [])), stored: null });
  }

  const chunks: Chunk[] = [];
  const fresh: ListLayout['fresh'] = [];
  for (const { elements, stored } of rest) {
    if (stored !== null) {
      chunks.push(stored);
      continue;
    }
    for (const piece of pieces(elements ?? [])) {
      const id = newChunkId();
      fresh.push({ id, elements: piece.elements });
      chunks.push({ id, skip: 0, count: piece.elements.length, bytes: piece.bytes });
    }
  }
  return { front: spills ? [] : front, chunks, fresh };
}

function bytesOf({ elements, stored }: Segment): number {
  return stored?.bytes ?? elements?.reduce((sum, element) => sum + elementBytes(element), 0) ?? 0;
}

function pieces(elements: readonly string[]): { elements: string[]; bytes: number }[] {
  const cut: { elements: string[]; bytes: number }[] = [];
  for (const element of elements) {
    const bytes = elementBytes(element);
    const last = cut.at(-1);
    if (last === undefined || last.bytes + bytes > MAX_CHUNK_BYTES) cut.push({ elements: [element], bytes });
    else {
      last.elements.push(element);
      last.bytes += bytes;
    }
  }
  return cut;
}
