import type { WriteStream } from 'node:fs';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/** One line that a function has written to stdout or stderr, or that the local stack says of it. */
export interface LogLine {
  functionName: string;
  line: string;
}

export type LogListener = (line: LogLine) => void;

export interface FunctionLogs {
  write(line: LogLine): void;
  /** Appends a line that no function has written to the file of a log group; nobody else hears of it. */
  append(logGroup: string, line: string): void;
  /** Gives a function that ends the subscription. */
  subscribe(listener: LogListener): () => void;
  /** Waits until all lines are in the files. */
  close(): Promise<void>;
}

/**
 * Hands lines to subscribers and appends them to `<directory>/<function>.log`.
 *
 * @param directory no files are written when it is not given
 */
export async function createFunctionLogs(directory?: string): Promise<FunctionLogs> {
  if (directory !== undefined) await mkdir(directory, { recursive: true });
  const listeners = new Set<LogListener>();
  const files = new Map<string, WriteStream>();
  let closed = false;

  function fileOf(name: string): WriteStream | undefined {
    // A killed process's last words may still be on their way.
    if (directory === undefined || closed) return undefined;
    const open = files.get(name) ?? createWriteStream(join(directory, `${name}.log`), { flags: 'a' });
    files.set(name, open);
    return open;
  }

  return {
    write(line) {
      fileOf(line.functionName)?.write(`${line.line}\n`);
      for (const listener of listeners) listener(line);
    },
    append(logGroup, line) {
      fileOf(logGroup.replace(/^\//, '').replaceAll('/', '-'))?.write(`${line}\n`);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      closed = true;
      for (const file of files.values()) file.end();
      await Promise.all([...files.values()].map((file) => finished(file)));
    },
  };
}
