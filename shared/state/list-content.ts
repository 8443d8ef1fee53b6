import { type Chunk, elementBytes } from './list-head.ts';

/** A run of elements: as it is stored, or changed and to be stored anew (`stored` is null). */
export interface Segment {
  /** Null while they have not been read. */
  elements: string[] | null;
  stored: Chunk | null;
}

/** A list that is being worked on: commands change it, nothing is stored. Chunks are read when a command needs them. */
export interface ListContent {
  /** Newest first; the first segment is the front. */
  segments: Segment[];
  length(): number;
  /** One after the other: the last one is the newest. */
  push(elements: readonly string[]): void;
  /** As Redis' LRANGE: both ends included, negative ones count from the end. */
  range(start: number, end: number): Promise<string[]>;
  /** Takes the newest ones. */
  pop(count: number): Promise<string[]>;
  /** As Redis' LREM: so many from the newest on, from the oldest on for a negative count, all for 0. Gives how many there were. */
  remove(count: number, element: string): Promise<number>;
  clear(): void;
}

/** Reads whole chunks, in the order asked for. */
export type ReadChunks = (ids: string[]) => Promise<string[][]>;

/** What a pop that had to read a chunk takes along to the front, so that the next pops need not read it again. */
const TAKEN_ALONG_BYTES = 2048;

export function createListContent(front: string[], chunks: readonly Chunk[], readChunks: ReadChunks): ListContent {
  const segments: Segment[] = [
    { elements: front, stored: null },
    ...chunks.map((stored) => ({ elements: null, stored })),
  ];
  const frontSegment = () => segments[0] as Segment;
  const length = () => segments.reduce((sum, segment) => sum + sizeOf(segment), 0);
  const dropEmpty = (): void => {
    const left = segments.filter((segment, index) => index === 0 || sizeOf(segment) > 0);
    segments.splice(0, segments.length, ...left);
  };

  /** The segments that have elements from `from` to before `to`, read, each with where it begins. */
  const between = async (from: number, to: number): Promise<{ begin: number; segment: Segment }[]> => {
    let begin = 0;
    const within: { begin: number; segment: Segment }[] = [];
    for (const segment of segments) {
      const end = begin + sizeOf(segment);
      if (begin < to && end > from) within.push({ begin, segment });
      begin = end;
    }
    await readSegments(
      within.map(({ segment }) => segment),
      readChunks,
    );
    return within;
  };

  const fillFront = (): void => {
    const [first, next] = segments;
    if (first?.elements?.length !== 0 || !next?.elements) return;
    let bytes = 0;
    const fitting = next.elements.findIndex((element) => (bytes += elementBytes(element)) > TAKEN_ALONG_BYTES);
    first.elements = take(next, fitting === -1 ? next.elements.length : fitting);
    dropEmpty();
  };

  return {
    segments,
    length,

    push(elements) {
      const first = frontSegment();
      first.elements = elements.toReversed().concat(first.elements ?? []);
    },

    async range(start, end) {
      const size = length();
      const from = Math.max(0, start < 0 ? size + start : start);
      const to = Math.min(size, (end < 0 ? size + end : end) + 1);
      const parts = await between(from, to);
      return parts.flatMap(
        ({ begin, segment }) => segment.elements?.slice(Math.max(0, from - begin), to - begin) ?? [],
      );
    },

    async pop(count) {
      const parts = await between(0, count);
      const popped = parts.flatMap(({ begin, segment }) => take(segment, count - begin));
      dropEmpty();
      fillFront();
      return popped;
    },

    async remove(count, element) {
      // All chunks are read at once when all of them matter; else one by one, only as far as it takes.
      if (count === 0) await readSegments(segments, readChunks);
      const wanted = count === 0 ? Number.MAX_SAFE_INTEGER : Math.abs(count);
      let removed = 0;
      for (const segment of count < 0 ? segments.toReversed() : segments) {
        if (removed === wanted) break;
        await readSegments([segment], readChunks);
        removed += removeFrom(segment, element, wanted - removed, count < 0);
      }
      dropEmpty();
      return removed;
    },

    clear() {
      segments.splice(0, segments.length, { elements: [], stored: null });
    },
  };
}

function sizeOf({ elements, stored }: Segment): number {
  return elements?.length ?? stored?.count ?? 0;
}

export async function readSegments(segments: readonly Segment[], readChunks: ReadChunks): Promise<void> {
  const unread = segments.filter(({ elements }) => elements === null);
  if (unread.length === 0) return;
  const chunks = await readChunks(unread.map(({ stored }) => stored?.id ?? ''));
  for (const [index, segment] of unread.entries()) segment.elements = chunks[index]?.slice(segment.stored?.skip) ?? [];
}

/** Takes elements from the beginning of a segment that has been read; what is stored of it stays as it is. */
function take(segment: Segment, count: number): string[] {
  const { elements, stored } = segment;
  const taken = elements?.slice(0, count) ?? [];
  segment.elements = elements?.slice(count) ?? [];
  if (stored) segment.stored = { ...stored, skip: stored.skip + taken.length, count: stored.count - taken.length };
  return taken;
}

function removeFrom(segment: Segment, element: string, limit: number, fromOldest: boolean): number {
  const elements = segment.elements ?? [];
  const found = elements.flatMap((other, index) => (other === element ? [index] : []));
  const gone = new Set(fromOldest ? found.slice(Math.max(0, found.length - limit)) : found.slice(0, limit));
  if (gone.size === 0) return 0;
  segment.elements = elements.filter((_, index) => !gone.has(index));
  segment.stored = null;
  return gone.size;
}
