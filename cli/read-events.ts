import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { UsageError } from './usage-error.ts';

/** An event, and where it stands. */
export interface ReadEvent {
  event: Record<string, unknown>;
  /** Counted from 1. */
  line: number;
  /** As it stands there. */
  bytes: number;
}

/** Reads a file of one event a line (`-` is standard input), as it comes; empty lines are passed over. @throws UsageError that names the line */
export async function* readEvents(path: string): AsyncGenerator<ReadEvent> {
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path === '-' ? '/dev/stdin' : path) })) {
      line += 1;
      if (text.trim() !== '') yield { event: parseEvent(text, `Line ${line}`), line, bytes: Buffer.byteLength(text) };
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new UsageError(`The file cannot be read: ${code}: ${path}`);
  }
}

/** @param what names it in errors, which never show the text */
export function parseEvent(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${what} is not JSON.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UsageError(`${what} is no event: an event is an object, such as {"event":"hello","distinct_id":"me"}.`);
}
