import { logSortPrefix } from './plugin-log.ts';

/** A place between two lines: before the line of that index of an item. */
export interface LogPlace {
  sortKey: string;
  index: number;
}

const PLACE = /^(\d{13}(?:-[0-9a-z]{1,40}-[0-9a-z]{1,12})?)\.(\d{1,6})$/;

/** The id of a line is the place before it, as text. */
export function placeText({ sortKey, index }: LogPlace): string {
  return `${sortKey}.${index}`;
}

/** @throws RangeError when a page has not given this */
export function readPlace(text: string): LogPlace {
  const [, sortKey, index] = PLACE.exec(text) ?? [];
  if (sortKey === undefined) throw notACursor(text);
  return { sortKey, index: Number(index) };
}

/** What a follower has seen. */
export interface LogProgress {
  /** Sort key from which on items are read. */
  from: string;
  /** Items from there on that were read to their end. */
  done: string[];
  /** Of an item of which only a part was read, the place to go on. */
  partly?: LogPlace | undefined;
}

/** Items are looked for again for so long: what was written at the same time by others may become visible a little later. */
const LATE_MILLISECONDS = 5000;
/** Most items that a cursor names: some 30 bytes each. Where more come in at once, it looks for late ones less far back. */
const MAX_DONE = 64;

/**
 * Moves on to `time`: what is more than five seconds before it is not looked for again.
 *
 * @param progress with all items of which the follower knows, in any order
 */
export function moveOn(progress: LogProgress, time: number): LogProgress {
  const newestFirst = progress.done.toSorted().toReversed();
  const firstNamed = newestFirst.length > MAX_DONE ? newestFirst[MAX_DONE - 1] : undefined;
  const latest = [progress.from, logSortPrefix(time - LATE_MILLISECONDS), firstNamed ?? ''].reduce(later);
  const from = progress.partly !== undefined && progress.partly.sortKey < latest ? progress.partly.sortKey : latest;
  return { ...progress, from, done: progress.done.filter((sortKey) => sortKey >= from) };
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}

export function progressText({ from, done, partly }: LogProgress): string {
  return Buffer.from(JSON.stringify([from, done, partly && placeText(partly)])).toString('base64url');
}

/** @throws RangeError when a page has not given this */
export function readProgress(text: string): LogProgress {
  try {
    const [from, done, partly] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[];
    const isSortKey = (value: unknown) => typeof value === 'string' && PLACE.test(`${value}.0`);
    if (!isSortKey(from) || !Array.isArray(done) || !done.every(isSortKey)) throw notACursor(text);
    if (partly !== undefined && partly !== null && typeof partly !== 'string') throw notACursor(text);
    return { from: from as string, done: done as string[], ...(partly && { partly: readPlace(partly) }) };
  } catch {
    throw notACursor(text);
  }
}

function notACursor(text: string): RangeError {
  return new RangeError(
    `A cursor of a log is expected, as a page before gave it; got ${JSON.stringify(text.slice(0, 200))}. Begin without one`,
  );
}
