import type { Bench } from './bench.ts';
import { isReady } from './member.ts';

/** A job that makes itself again for now would never end. */
const MAX_JOBS_AT_ONCE = 1000;

/**
 * Runs the jobs that are due, also those that they make. Those of a plugin that is not set up wait.
 *
 * @returns whether one of them threw.
 */
export async function runDueJobs({ host, clock, journal, jobs, members }: Bench): Promise<boolean> {
  let hasThrown = false;
  const ready = members.filter(isReady).map(({ id }) => id);
  for (let made = 0; ; made++) {
    const job = jobs.first(ready);
    if (job === null || job.runAt > clock.now()) return hasThrown;
    const hook = `job ${job.name}`;
    if (made === MAX_JOBS_AT_ONCE) {
      const message = `${MAX_JOBS_AT_ONCE} jobs ran in this step and a further one is due now; it is left waiting`;
      journal.error({ hook, name: 'Error', message });
      return true;
    }
    const call = { plugin: job.plugin, hook, ...(job.payload === undefined ? {} : { argument: job.payload }) };
    const [result] = await host.invoke([call]);
    if (result?.error !== undefined) hasThrown = true;
    jobs.conclude(job, result?.error === undefined ? 'done' : result.error.retry ? 'retry' : 'failed');
  }
}
