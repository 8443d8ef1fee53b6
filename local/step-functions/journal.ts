import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What has happened in one execution, so that it is not done again after a restart. */
export interface Journal {
  recall(key: string): unknown;
  record(key: string, value: unknown): void;
}

export interface JournalFolder {
  /** Begins a journal, or goes on with the one of that name. */
  open(name: string): Journal;
  /** All names that there are. */
  names(): string[];
}

/**
 * Keeps journals as files of one JSON line per record: what is recorded outlives a process that is killed.
 *
 * @param directory journals are in memory when it is not given
 */
export function createJournalFolder(directory?: string): JournalFolder {
  return {
    names: () =>
      directory === undefined
        ? []
        : files(directory)
            .filter((file) => file.endsWith('.jsonl'))
            .map((file) => decodeURIComponent(file.slice(0, -'.jsonl'.length))),
    open(name) {
      const path = directory === undefined ? undefined : join(directory, `${encodeURIComponent(name)}.jsonl`);
      const records = new Map(path === undefined ? [] : read(path));
      return {
        recall: (key) => records.get(key),
        record(key, value) {
          records.set(key, value);
          if (path === undefined) return;
          mkdirSync(dirname(path), { recursive: true });
          appendFileSync(path, `${JSON.stringify([key, value])}\n`);
        },
      };
    },
  };
}

function files(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // The first run.
    return [];
  }
}

function read(path: string): [string, unknown][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const end = text.lastIndexOf('\n') + 1;
  // Half a line was never recorded: the process was killed while it wrote.
  if (end < text.length) writeFileSync(path, text.slice(0, end));
  return text
    .slice(0, end)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as [string, unknown]);
}
