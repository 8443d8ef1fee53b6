import type { BeforeCall, ChainRunner } from '../pipeline/chain.ts';
import type { EventRun } from '../pipeline/event-run.ts';
import type { BatchLimits } from './batch-limits.ts';

/** The events of one record, as they are begun and ended. */
export interface RecordEvents {
  count: number;
  /** Null when the event at this position is none. */
  beginAt(position: number): EventRun | null;
  end(run: EventRun): void;
}

/** What a careful run does between calls. */
export interface CarefulSteps {
  before: BeforeCall;
  /** Tells the parent that what comes now is no plugin's work. */
  nameless(hook: string, record: number, position: number): Promise<void>;
}

/**
 * Runs events side by side, as far as they wait: most never do, and those cost no promise.
 *
 * @returns how many were begun: all, unless a limit was reached.
 */
export function runTogether(
  events: RecordEvents,
  runner: ChainRunner,
  limits: BatchLimits,
  concurrency: number,
): Promise<number> {
  return new Promise((resolve) => {
    let next = 0;
    let last = events.count;
    let waiting = 0;
    let starting = false;
    let yielding = false;

    const onFinish = (run: EventRun) => {
      events.end(run);
      if (starting) return;
      waiting--;
      startMore();
    };
    const pause = () => {
      yielding = true;
      void limits.yield().then(() => {
        yielding = false;
        startMore();
      });
    };
    const startMore = () => {
      if (yielding) return;
      while (next < last && waiting < concurrency) {
        if (limits.isDueToYield()) {
          pause();
          return;
        }
        if (isOver(limits)) {
          last = next;
          break;
        }
        const run = events.beginAt(next++);
        if (run === null) continue;
        run.onFinish = onFinish;
        starting = true;
        runner.start(run);
        starting = false;
        if (!run.finished) waiting++;
      }
      if (next === last && waiting === 0) resolve(last);
    };
    startMore();
  });
}

/** Runs one event after the other, with each call announced. */
export async function runOneByOne(
  events: RecordEvents,
  runner: ChainRunner,
  limits: BatchLimits,
  careful: CarefulSteps,
): Promise<number> {
  for (let position = 0; position < events.count; position++) {
    if (limits.isDueToYield()) await limits.yield();
    if (isOver(limits)) return position;
    const run = events.beginAt(position);
    if (run === null) continue;
    await runner.startCarefully(run, careful.before);
    await careful.nameless('conclude', run.record, run.position);
    events.end(run);
  }
  return events.count;
}

function isOver(limits: BatchLimits): boolean {
  return limits.stopped || limits.recordExcessBytes() >= 0;
}
