import { LOG_RETENTION_SECONDS, logSortPrefix, type PluginLogEntry, timeOfSortKey } from './plugin-log.ts';
import { type LogPlace, moveOn, placeText, progressText, readPlace, readProgress } from './plugin-log-cursor.ts';
import { type LogItem, readLogItem } from './plugin-log-item.ts';
import { type LogPagesDeps, logPages } from './plugin-log-pages.ts';

/** Reads a plugin config's log of the last seven days. Lines of one batch stand together, in the order in which they were written. */
export interface PluginLogReader {
  /**
   * The newest lines, newest first, and from there back, a page at a time.
   *
   * @throws RangeError for a cursor that no page has given
   */
  latest(query: LatestLines): Promise<LatestPage>;
  /**
   * The lines that have come since, oldest first: what `--follow` asks for again and again. Each line is given once. One that was written more
   * than five seconds late, since its write was throttled, may be left out.
   *
   * @throws RangeError for a cursor that no page has given
   */
  since(query: LinesSince): Promise<LinesSincePage>;
}

/** Whose lines, and which of them. */
export interface LogFilter {
  pluginConfig: number;
  /** Only lines of these types; absent: all. */
  types?: readonly PluginLogEntry['type'][] | undefined;
  /** Only lines of these sources; absent: all. */
  sources?: readonly PluginLogEntry['source'][] | undefined;
  /** Only lines whose message has this text, upper or lower case; absent: all. */
  search?: string | undefined;
  /** Most lines of a page, 1 to 1,000; 100 when absent. */
  limit?: number | undefined;
}

export interface LatestLines extends LogFilter {
  /** `older` of the page before; absent: the newest. */
  older?: string | undefined;
}

export interface LatestPage {
  /** Fewer than the limit, or none, also while there are older ones: one page looks through so much and no more. */
  entries: PluginLogEntry[];
  /** Where the next page begins; null after the last. */
  older: string | null;
  /** Of the first page: a cursor for `since`, which gives what comes after it. */
  newer: string | null;
}

export interface LinesSince extends LogFilter {
  /** `cursor` of the page before, or `newer` of the latest page; or the time from which on, milliseconds since 1970. */
  after: string | number;
}

export interface LinesSincePage {
  entries: PluginLogEntry[];
  /** For the next call. */
  cursor: string;
  /** There may be more already: ask again at once. */
  more: boolean;
}

const STANDARD_LIMIT = 100;
const MAX_LIMIT = 1000;
/** Items are read 25 at a time. */
const MAX_PAGES_READ = 20;
/** Clocks of other environments may be ahead. */
const AHEAD_MILLISECONDS = 60_000;

export interface PluginLogReaderDeps extends LogPagesDeps {
  /** Milliseconds since 1970. */
  now: () => number;
}

export function createPluginLogReader(deps: PluginLogReaderDeps): PluginLogReader {
  const { now } = deps;
  const oldest = () => logSortPrefix(now() - LOG_RETENTION_SECONDS * 1000);
  const newest = () => logSortPrefix(now() + AHEAD_MILLISECONDS);

  return {
    async latest({ pluginConfig, older, ...filter }) {
      const start = older === undefined ? { sortKey: newest(), index: 0 } : readPlace(older);
      const limit = limitOf(filter);
      const entries: PluginLogEntry[] = [];
      const read: string[] = [];
      let place: LogPlace | null = null;
      let pages = 0;
      const range = { pluginConfig, from: oldest(), to: start.sortKey, direction: 'back' } as const;
      for await (const { items, next, isLast } of logPages(range, deps)) {
        for (const item of items) {
          const lines = entriesOf(item);
          let index = item.sk === start.sortKey ? start.index : lines.length;
          while (index > 0 && entries.length < limit) {
            const entry = lines[--index];
            if (entry !== undefined && isWanted(entry, filter)) entries.push(entry);
          }
          read.push(item.sk);
          place = { sortKey: item.sk, index };
          if (entries.length >= limit) break;
        }
        if (entries.length >= limit) break;
        place = isLast ? null : { sortKey: next, index: 0 };
        if (++pages >= MAX_PAGES_READ) break;
      }
      const newer = moveOn({ from: place?.sortKey ?? oldest(), done: read }, now());
      return {
        entries,
        older: place === null ? null : placeText(place),
        newer: older === undefined ? progressText(newer) : null,
      };
    },

    async since({ pluginConfig, after, ...filter }) {
      const progress =
        typeof after === 'string' ? readProgress(after) : { from: logSortPrefix(after), done: [], partly: undefined };
      const limit = limitOf(filter);
      const entries: PluginLogEntry[] = [];
      const known = new Set(progress.done);
      const done = [...progress.done];
      let { partly } = progress;
      let at = progress.from;
      let pages = 0;
      let more = false;
      const from = progress.from > oldest() ? progress.from : oldest();
      for await (const { items, next, isLast } of logPages(
        { pluginConfig, from, to: newest(), direction: 'forward' },
        deps,
      )) {
        for (const item of items.filter(({ sk }) => !known.has(sk))) {
          const lines = entriesOf(item);
          let index = partly?.sortKey === item.sk ? partly.index : 0;
          for (; index < lines.length && entries.length < limit; index++) {
            const entry = lines[index];
            if (entry !== undefined && isWanted(entry, filter)) entries.push(entry);
          }
          at = item.sk;
          if (index < lines.length) partly = { sortKey: item.sk, index };
          else {
            done.push(item.sk);
            if (partly?.sortKey === item.sk) partly = undefined;
          }
          more = entries.length >= limit;
          if (more) break;
        }
        if (more) break;
        at = next;
        more = !isLast && ++pages >= MAX_PAGES_READ;
        if (more) break;
      }
      const moved = moveOn({ from: progress.from, done, partly }, more ? timeOfSortKey(at) : now());
      return { entries, cursor: progressText(moved), more };
    },
  };
}

function entriesOf(item: LogItem): PluginLogEntry[] {
  return readLogItem(item).map((line, index) => ({
    ...line,
    id: placeText({ sortKey: item.sk, index }),
    instanceId: item.instance,
  }));
}

function isWanted(
  { type, source, message }: PluginLogEntry,
  { types, sources, search }: Omit<LogFilter, 'pluginConfig'>,
): boolean {
  if (types?.includes(type) === false || sources?.includes(source) === false) return false;
  return search === undefined || message.toLowerCase().includes(search.toLowerCase());
}

function limitOf({ limit = STANDARD_LIMIT }: Omit<LogFilter, 'pluginConfig'>): number {
  return Math.min(Math.max(1, Math.floor(limit)), MAX_LIMIT);
}
