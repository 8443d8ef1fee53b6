import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** So much of the total is done. */
  update(done: number): void;
  stop(): void;
}

export type OpenProgress = (what: string, total: number) => Progress;

/** @param terminal where bars are drawn; without one there are none */
export function openProgress(terminal: NodeJS.WriteStream | undefined): OpenProgress {
  return (what, total) => {
    if (terminal === undefined) return { update() {}, stop() {} };
    const format = `${what} {bar} {percentage} % · {value} of {total}`;
    const bar = new SingleBar({ stream: terminal, format, clearOnComplete: true }, Presets.shades_classic);
    bar.start(total, 0);
    return { update: (done) => bar.update(Math.min(done, total)), stop: () => bar.stop() };
  };
}
