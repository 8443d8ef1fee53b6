import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import type { ApiClient, ApiRequest } from '../api-client.ts';
import type { AddCommands } from '../program.ts';
import type { Session } from '../session.ts';
import { plainLine } from '../table-text.ts';
import { timeAgo } from '../time-ago.ts';
import { wholeNumber } from '../whole-number.ts';

interface Entry {
  id: string;
  timestamp: string;
  source: string;
  type: string;
  message: string;
}

interface Page {
  next: string | null;
  after: string | null;
  results: Entry[];
}

interface Options {
  follow?: boolean;
  level?: keyof typeof LEVELS;
  source?: string;
  search?: string;
  since?: string;
  limit?: number;
}

/** The types that a level shows: its own, and what is worse. */
const LEVELS = {
  debug: [],
  info: ['LOG', 'INFO', 'WARN', 'ERROR'],
  warn: ['WARN', 'ERROR'],
  error: ['ERROR'],
};

const LINES = 100;
/** Before those that are followed. */
const LINES_BEFORE = 10;
const MOST_PER_PAGE = 500;
const PAUSE_MILLISECONDS = 1_000;

export const logsCommand: AddCommands = (program, { withSession }) => {
  program
    .command('logs')
    .argument('<plugin-config>', 'id of the plugin config', wholeNumber)
    .description('shows what a plugin said, and what was said about it, in the order of time')
    .option('--follow', 'goes on with what comes, until Ctrl-C; with --json a line of JSON each')
    .addOption(new Option('--level <level>', 'only this, and what is worse').choices(Object.keys(LEVELS)))
    .addOption(
      new Option(
        '--source <source>',
        'only what the plugin said (console), its errors (plugin), or what was said about it',
      ).choices(['console', 'plugin', 'system']),
    )
    .option('--search <text>', 'only lines with this text, in upper or lower case')
    .option('--since <time>', 'from then on: 90s, 15m, 2h or 3d ago, or 2026-03-02T08:00:00Z')
    .option('--limit <number>', `at most so many; ${LINES} unless given, or all with --since`, wholeNumber)
    .action(
      withSession(async (session, of: number, { follow, since, limit, ...filter }: Options) => {
        const path = `/api/plugin_config/${of}/logs/`;
        const query = {
          type_filter: LEVELS[filter.level ?? 'debug'],
          source_filter: filter.source === undefined ? [] : [filter.source.toUpperCase()],
          search: filter.search,
        };
        const after = since === undefined ? undefined : timeAgo(since, session.now());
        if (follow === true) {
          const first = after ?? (await showLatest(session, path, query, limit ?? LINES_BEFORE));
          await followLog(session, path, query, first);
          return;
        }
        const most = limit ?? (after === undefined ? LINES : Number.POSITIVE_INFINITY);
        const read = await readPages(session.api, path, { ...query, after }, most);
        const entries = after === undefined ? read.entries.toReversed() : read.entries;
        session.show(entries, () =>
          entries.length === 0 ? 'There are no such lines.' : entries.map(lineText).join('\n'),
        );
      }),
    );
};

type Query = Record<string, string | readonly string[] | undefined>;

/** Page by page, until there are enough. Gives also what `after` is to be for those that come later. */
async function readPages(api: ApiClient, path: string, query: Query, limit: number) {
  const entries: Entry[] = [];
  let after: string | null = null;
  let request: ApiRequest | null = { path, query: { ...query, limit: Math.max(1, Math.min(limit, MOST_PER_PAGE)) } };
  while (request !== null && entries.length < limit) {
    const page: Page = (await api.request<Page>(request)).body;
    entries.push(...page.results);
    after ??= page.after;
    request = page.next === null ? null : { path: page.next };
  }
  return { entries: entries.slice(0, limit), after };
}

/** Gives the place after them. */
async function showLatest({ api, showLine }: Session, path: string, query: Query, limit: number): Promise<string> {
  const { entries, after } = await readPages(api, path, query, limit);
  for (const entry of entries.toReversed()) showLine(entry, () => lineText(entry));
  return after ?? '';
}

async function followLog({ api, showLine, unread }: Session, path: string, query: Query, from: string): Promise<void> {
  for (let after = from; !unread.aborted; ) {
    const { body } = await api.request<Page>({ path, query: { ...query, after } });
    for (const entry of body.results) showLine(entry, () => lineText(entry));
    after = body.after ?? after;
    if (body.next === null) await sleep(PAUSE_MILLISECONDS);
  }
}

/** Lines of a message that has several are set in, so that none looks like an entry of its own. */
function lineText({ timestamp, type, source, message }: Entry): string {
  const text = plainLine(message).replaceAll('\n', '\n    ');
  return `${timestamp} ${type.padEnd(5)} ${source.toLowerCase().padEnd(7)} ${text}`;
}
