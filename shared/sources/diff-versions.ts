import { createHash } from 'node:crypto';
import { createTwoFilesPatch } from 'diff';
import type { FileSet } from './fetched-plugin.ts';
import { SOURCE_LIMITS } from './source-limits.ts';

/** One file as it is in one version. */
export interface DiffSide {
  sizeBytes: number;
  /** Hex. */
  sha256: string;
}

export interface FileDiff {
  path: string;
  /** Null: the file is not there. */
  before: DiffSide | null;
  after: DiffSide | null;
  /** A unified diff; null when there is none to show. */
  text: string | null;
  /** Why there is none: it is not text, one file is too large, too much differs, or the files before it took all the room. */
  omitted: 'binary' | 'large' | 'rewritten' | 'total' | null;
}

/** Compares two versions of a plugin. Files that are the same are left out; the rest come in the order of their paths. */
export function diffVersions(before: FileSet, after: FileSet): FileDiff[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  let room: number = SOURCE_LIMITS.diffBytes;
  return paths.flatMap((path) => {
    const [one, other] = [before.get(path), after.get(path)];
    if (one !== undefined && other !== undefined && Buffer.compare(one, other) === 0) return [];
    const { text, omitted } = compare(path, one, other, room);
    room -= Buffer.byteLength(text ?? '');
    return [{ path, before: sideOf(one), after: sideOf(other), text, omitted }];
  });
}

function sideOf(content: Uint8Array | undefined): DiffSide | null {
  if (content === undefined) return null;
  return { sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

function compare(
  path: string,
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
  room: number,
): Pick<FileDiff, 'text' | 'omitted'> {
  const sides = [before, after].map((content) => content ?? new Uint8Array());
  if (sides.some((content) => content.length > SOURCE_LIMITS.diffFileBytes)) return { text: null, omitted: 'large' };
  const [old, now] = sides.map(textOf);
  if (old == null || now == null) return { text: null, omitted: 'binary' };
  const names = [
    before === undefined ? '/dev/null' : `a/${path}`,
    after === undefined ? '/dev/null' : `b/${path}`,
  ] as const;
  // A file that is new or gone differs in each of its lines, and finding that takes no time.
  const limit = before !== undefined && after !== undefined ? { maxEditLength: SOURCE_LIMITS.diffEdits } : {};
  const text = createTwoFilesPatch(...names, old, now, undefined, undefined, { context: 3, ...limit }) as
    | string
    | undefined;
  if (text === undefined) return { text: null, omitted: 'rewritten' };
  return Buffer.byteLength(text) > room ? { text: null, omitted: 'total' } : { text, omitted: null };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Null for what is no text. */
function textOf(content: Uint8Array): string | null {
  if (content.includes(0)) return null;
  try {
    return UTF8.decode(content);
  } catch {
    return null;
  }
}
