/** A run of a list's elements in an item of its own, which never changes once it is written. */
export interface Chunk {
  id: string;
  /** Elements at the chunk's beginning that are gone from the list. */
  skip: number;
  /** Elements after them, above 0. */
  count: number;
  /** Of the whole chunk as JSON. */
  bytes: number;
}

/** What a key that holds a list keeps in its item: the newest elements, and where the others are. */
export interface ListHead {
  /** Newest first. */
  front: string[];
  /** Those that follow, newest first. */
  chunks: Chunk[];
  /** Versions of the last writes, oldest first: who lost the answer of a write finds here that it was done. */
  recent: string[];
  /** When DynamoDB may delete the chunks, epoch seconds, later than the list expires; absent for a list that does not. */
  keptUntil?: number;
}

/** 16 versions of 12 characters and two more each: a quarter of a write unit. */
const MAX_RECENT = 16;

export const EMPTY_HEAD: ListHead = { front: [], chunks: [], recent: [] };

export function headText({ front, chunks, recent, keptUntil }: ListHead): string {
  const c = chunks.map(({ id, skip, count, bytes }) => [id, skip, count, bytes]);
  return JSON.stringify({
    f: front,
    c,
    r: recent.slice(-MAX_RECENT),
    ...(keptUntil === undefined ? {} : { k: keptUntil }),
  });
}

export function readHead(text: string): ListHead {
  const { f, c, r, k } = JSON.parse(text) as {
    f: string[];
    c: [string, number, number, number][];
    r: string[];
    k?: number;
  };
  const chunks = c.map(([id, skip, count, bytes]) => ({ id, skip, count, bytes }));
  return { front: f, chunks, recent: r, ...(k === undefined ? {} : { keptUntil: k }) };
}

/** Bytes of an element as JSON, with what parts it from the next. */
export function elementBytes(element: string): number {
  return Buffer.byteLength(JSON.stringify(element)) + 1;
}
