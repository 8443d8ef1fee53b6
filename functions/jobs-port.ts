import type { JobsPort } from '../shared/host/services.ts';
import type { EnqueuedJob } from '../shared/sandbox/service-calls.ts';
import type { JobsStore } from '../shared/state/jobs-store.ts';

/** How jobs that lead to jobs are counted. */
export interface JobHops {
  /** Hops of the job of this plugin config that runs now; null when none does. */
  current(plugin: number): number | null;
  /** How many jobs may each lead to the next at once. */
  limit: number;
  /** Hears of a job that is not enqueued because the limit is reached. */
  onLimit(job: EnqueuedJob): void;
}

export interface JobsPortDeps {
  store: JobsStore;
  /** Absent where no jobs run. */
  hops?: JobHops | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
  newId: () => string;
}

/** A job that waits for at least so long ends a row of jobs, and of captures: it cannot run away. */
const AT_ONCE_MILLISECONDS = 1000;

/** Stores the jobs that plugins make. One that a row of jobs has led to at once too often is left out, and told. */
export function createJobsPort({ store, hops, now, newId }: JobsPortDeps): JobsPort {
  const waits = ({ runAt }: EnqueuedJob): boolean => runAt - now() >= AT_ONCE_MILLISECONDS;
  const hopsOf = (job: EnqueuedJob): number => {
    const before = hops?.current(job.plugin) ?? null;
    return before === null || waits(job) ? 0 : before + 1;
  };
  return {
    async enqueue(jobs) {
      const accepted = jobs.flatMap(({ captureHops = 0, ...job }) => {
        const count = hopsOf(job);
        if (hops !== undefined && count > hops.limit) {
          hops.onLimit(job);
          return [];
        }
        const captures = waits(job) ? 0 : captureHops;
        const row = { hops: count, ...(captures > 0 && { captureHops: captures }) };
        return { ...job, kind: 'job' as const, id: newId(), ...row, retries: 0 };
      });
      await store.add(accepted);
    },
  };
}
