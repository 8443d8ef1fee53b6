import type { ApiClient } from './api-client.ts';
import { createApiClient } from './api-client.ts';
import { type OpenProgress, openProgress } from './open-progress.ts';
import { profilePlaces, readProfiles } from './profile-files.ts';
import type { ProgramSurroundings } from './program.ts';
import { resolveConfig } from './resolve-config.ts';
import { type Column, tableText } from './table-text.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  url?: string;
  token?: string;
  profile?: string;
  json?: boolean;
  verbose?: boolean;
}

/** What a command works with. */
export interface Session {
  api: ApiClient;
  /** Where the API is. */
  url: string;
  /** Shows what came out: the value itself as JSON with `--json`, otherwise what `text` makes of it. */
  show(value: unknown, text: () => string): void;
  /** Shows a list as a table. */
  showTable<Row>(rows: Row[], columns: Column<Row>[], whenEmpty: string): void;
  /** Shows one thing of a row that has no end: as one line of JSON with `--json`. */
  showLine(value: unknown, text: () => string): void;
  /** Shows how far something has come, on a terminal. */
  progress: OpenProgress;
  /** Milliseconds since 1970. */
  now(): number;
  /** Aborted when nobody reads any more what is written. */
  unread: AbortSignal;
  /** Says something to people; programs do not get it. */
  say(text: string): void;
}

export async function openSession(
  options: GlobalOptions,
  { env, write, terminal, now = Date.now, unread = new AbortController().signal }: ProgramSurroundings,
): Promise<Session> {
  const profile = resolveConfig({ flags: options, env, file: await readProfiles(profilePlaces(env)) });
  const show: Session['show'] = (value, text) =>
    write(options.json === true ? `${JSON.stringify(value, null, 2)}\n` : `${text()}\n`);
  return {
    api: createApiClient(profile),
    url: profile.url,
    show,
    showTable: (rows, columns, whenEmpty) =>
      show(rows, () => (rows.length === 0 ? whenEmpty : tableText(rows, columns))),
    showLine: (value, text) => write(`${options.json === true ? JSON.stringify(value) : text()}\n`),
    progress: openProgress(options.json === true ? undefined : terminal),
    now,
    unread,
    say: (text) => (options.json === true ? undefined : write(`${text}\n`)),
  };
}
