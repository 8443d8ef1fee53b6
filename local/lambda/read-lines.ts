import type { Readable } from 'node:stream';

/**
 * Calls `onLine` for each line of a stream. Only a line feed ends a line: a carriage return stands for a line break
 * within one log event, as in Lambda's logs. What follows the last line feed counts once the stream ends.
 */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
