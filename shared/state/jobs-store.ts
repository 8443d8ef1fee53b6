import type { QueueMessage } from '../aws/group-messages.ts';
import { inParallel } from '../aws/in-parallel.ts';
import { jobPayloadKey } from './job-payload-key.ts';
import type { LaterJobs } from './later-jobs.ts';
import { type Job, MAX_DELAY_SECONDS, taskMessage } from './task.ts';

/** Where jobs wait until they are due. */
export interface JobsStore {
  /**
   * Resolves when every job will be run, at least once: those due within 15 minutes wait in the queue, the others in the table. A job
   * that is added again with the same id is the same job.
   *
   * @throws when one could not be stored; others may then be stored.
   */
  add(jobs: readonly Job[]): Promise<void>;
}

export interface JobsStoreDeps {
  /** Sends to the queue `tasks`, and gives what could not be sent. */
  send(messages: QueueMessage[]): Promise<QueueMessage[]>;
  later: Pick<LaterJobs, 'put'>;
  putObject(key: string, content: Uint8Array): Promise<void>;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * Longer payloads lie in the bucket. A payload is JSON within JSON, in which every byte may come to need two: 2 × 190 KB leave 20 KB of an
 * item's 400 KB to the rest of the job, and fit into a message of 1 MiB all the more.
 */
const MAX_INLINE_BYTES = 190_000;

/**
 * `dispatch-jobs` looks 5 minutes ahead. A job is written to the table when it is due in more than 15: the write has 9 minutes to arrive
 * before anybody looks. One that took half of that is sent as well.
 */
const LATE_MILLISECONDS = 10 * 60_000;

const CONCURRENT_UPLOADS = 4;

/** The largest time of a Date: what is later is never. */
const MAX_TIME = 8.64e15;

export function createJobsStore({ send, later, putObject, now }: JobsStoreDeps): JobsStore {
  const withoutLargePayload = async (job: Job): Promise<Job> => {
    const { payload, ...rest } = job;
    if (payload === undefined || Buffer.byteLength(payload) <= MAX_INLINE_BYTES) return job;
    // A job whose time was long ago is due now.
    const payloadKey = jobPayloadKey({ ...job, runAt: Math.max(job.runAt, now()) });
    await putObject(payloadKey, Buffer.from(payload));
    return { ...rest, payloadKey };
  };

  const sendAll = async (jobs: Job[]): Promise<void> => {
    if (jobs.length === 0) return;
    const unsent = await send(jobs.map((job) => taskMessage(job, job.runAt - now())));
    if (unsent.length > 0) throw new Error(`${unsent.length} of ${jobs.length} jobs could not be sent`);
  };

  return {
    async add(jobs) {
      const stored = await inParallel(jobs, CONCURRENT_UPLOADS, (job) =>
        withoutLargePayload({ ...job, runAt: Number.isFinite(job.runAt) ? Math.min(job.runAt, MAX_TIME) : MAX_TIME }),
      );
      const limit = now() + MAX_DELAY_SECONDS * 1000;
      const inTable = stored.filter(({ runAt }) => runAt > limit);
      await Promise.all([sendAll(stored.filter(({ runAt }) => runAt <= limit)), later.put(inTable)]);
      await sendAll(inTable.filter(({ runAt }) => runAt <= now() + LATE_MILLISECONDS));
    },
  };
}
