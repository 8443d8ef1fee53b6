import type { WriteStream } from 'node:tty';
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  update(done: number): void;
  end(): void;
}

/** Shows a bar in a terminal, and nothing anywhere else. */
export function showProgress(stream: WriteStream, total: number): Progress {
  if (!stream.isTTY) return { update() {}, end() {} };
  const format = '{bar} {percentage}% | {value} of {total} events | {duration_formatted}';
  const bar = new SingleBar({ stream, format, clearOnComplete: true, hideCursor: true }, Presets.shades_classic);
  bar.start(total, 0);
  return { update: (done) => bar.update(done), end: () => bar.stop() };
}
