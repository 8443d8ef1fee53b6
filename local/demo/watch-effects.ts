import { FOLLOWED_UP_EVENT } from './demo-project.ts';
import type { DemoSink } from './demo-sink.ts';
import type { DemoResult } from './run-demo.ts';

export interface WatchEffectsDeps {
  sink: DemoSink;
  /** Lets so much time pass at once, as if it had really passed. */
  leap: (milliseconds: number) => Promise<void>;
  signal: AbortSignal;
}

/** What the plugins' exports, jobs, tasks and counters have come to. */
export interface DemoEffects {
  exporter: { exported: number; missing: number; refused: number };
  jobs: { followedUp: number; missing: number };
  tasks: { reports: number };
  /** What was counted, the events there were to count, and how many of them were run again after a process died. */
  counter: { counted: number; events: number; repeated: number };
  /** Minutes that were leapt over until all was done. */
  minutes: number;
  right: boolean;
}

const MINUTE = 60_000;

/** Exports are tried again for a day; those of the demo have been taken after a minute, and its jobs have run after five. */
const MOST_MINUTES = 30;

/** Lets minute after minute pass until exports were tried again, jobs have run and tasks have reported, and compares it with what was ingested. */
export async function watchEffects(
  { sink, leap, signal }: WatchEffectsDeps,
  { ingestedUuids, repeated }: Pick<DemoResult, 'ingestedUuids' | 'repeated'>,
): Promise<DemoEffects> {
  // Session recordings go to `onSnapshot`, not through `processEvent` and `exportEvents`.
  const events = ingestedUuids((name) => name !== '$snapshot');
  const toFollowUp = ingestedUuids((name) => name === FOLLOWED_UP_EVENT);

  for (let minutes = 0; ; minutes++) {
    const missing = { exports: without(events, sink.exported), followUps: without(toFollowUp, sink.followedUp) };
    const { times, latest } = sink.reports();
    const exact = latest >= events.length && latest <= events.length + repeated;
    const right = missing.exports === 0 && missing.followUps === 0 && times > 0 && exact;
    if (right || minutes === MOST_MINUTES || signal.aborted) {
      return {
        exporter: { exported: sink.exported.size, missing: missing.exports, refused: sink.refused() },
        jobs: { followedUp: sink.followedUp.size, missing: missing.followUps },
        tasks: { reports: times },
        counter: { counted: latest, events: events.length, repeated },
        minutes,
        right,
      };
    }
    await leap(MINUTE);
  }
}

function without(wanted: string[], had: ReadonlySet<string>): number {
  return wanted.filter((uuid) => !had.has(uuid)).length;
}
