import type { EnqueuedJob } from '../../shared/sandbox/service-calls.ts';
import { retryDelayMilliseconds } from '../../shared/state/retry-delay.ts';
import type { Clock } from './clock.ts';

export interface BoardedJob extends EnqueuedJob {
  status: 'waiting' | 'done' | 'failed';
  /** Retries made so far. */
  retries: number;
}

/** The jobs that plugins have made, in their order; they stay when they are done. */
export interface JobBoard {
  jobs: BoardedJob[];
  add(jobs: readonly EnqueuedJob[]): void;
  /** The waiting job that is to run first, among those of these plugins. */
  first(plugins: readonly number[]): BoardedJob | null;
  /** Says how a run ended. One that asks to be retried waits again, as often as may be. */
  conclude(job: BoardedJob, outcome: 'done' | 'failed' | 'retry'): void;
}

export function createJobBoard(clock: Pick<Clock, 'now'>): JobBoard {
  const jobs: BoardedJob[] = [];
  return {
    jobs,
    add: (added) => void jobs.push(...added.map((job) => ({ ...job, status: 'waiting' as const, retries: 0 }))),
    first(plugins) {
      const waiting = jobs.filter(({ plugin, status }) => status === 'waiting' && plugins.includes(plugin));
      return waiting.toSorted((a, b) => a.runAt - b.runAt)[0] ?? null;
    },
    conclude(job, outcome) {
      const delay = outcome === 'retry' ? retryDelayMilliseconds(job.retries + 1) : null;
      if (delay === null) {
        job.status = outcome === 'done' ? 'done' : 'failed';
        return;
      }
      job.retries++;
      job.runAt = clock.now() + delay;
    },
  };
}
