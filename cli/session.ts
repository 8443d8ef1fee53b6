import type { ApiClient } from './api-client.ts';
import { createApiClient } from './api-client.ts';
import { profilePlaces, readProfiles } from './profile-files.ts';
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
  /** Shows what came out: the value itself as JSON with `--json`, otherwise what `text` makes of it. */
  show(value: unknown, text: () => string): void;
  /** Shows a list as a table. */
  showTable<Row>(rows: Row[], columns: Column<Row>[], whenEmpty: string): void;
  /** Says something to people; programs do not get it. */
  say(text: string): void;
}

export async function openSession(
  options: GlobalOptions,
  env: Record<string, string | undefined>,
  write: (text: string) => void,
): Promise<Session> {
  const profile = resolveConfig({ flags: options, env, file: await readProfiles(profilePlaces(env)) });
  const show: Session['show'] = (value, text) =>
    write(options.json === true ? `${JSON.stringify(value, null, 2)}\n` : `${text()}\n`);
  return {
    api: createApiClient(profile),
    show,
    showTable: (rows, columns, whenEmpty) =>
      show(rows, () => (rows.length === 0 ? whenEmpty : tableText(rows, columns))),
    say: (text) => (options.json === true ? undefined : write(`${text}\n`)),
  };
}
