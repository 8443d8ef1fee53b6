import type { Context } from 'aws-lambda';
import type { QueueMessage } from '../../shared/aws/group-messages.ts';
import type { JobsPage, LaterJobs } from '../../shared/state/later-jobs.ts';
import { taskMessage } from '../../shared/state/task.ts';

export interface DispatchJobsDeps {
  later: Pick<LaterJobs, 'pages' | 'dispatchedThrough' | 'setDispatchedThrough'>;
  /** Sends to the queue `tasks`, and gives what could not be sent. */
  send(messages: QueueMessage[]): Promise<QueueMessage[]>;
  report(counts: { dispatched: number; lateMilliseconds: number }): void;
  /** Milliseconds since 1970. */
  now: () => number;
}

const MINUTE_MILLISECONDS = 60_000;

/** A rule that fires some minutes late makes no job late. The jobs store counts on no more than this. */
const AHEAD_MILLISECONDS = 5 * MINUTE_MILLISECONDS;

/** What is kept of the function's time for what has begun. */
const RESERVE_MILLISECONDS = 10_000;

/**
 * Sends the jobs that are due within the next five minutes to the queue, which keeps each back until its second. Minutes are remembered
 * when all their jobs were sent, so that none is passed over however late this runs. A job is taken out of the table after it was sent:
 * one that is sent twice has the same id, by which run-tasks knows it.
 */
export function createDispatchJobs({ later, send, report, now }: DispatchJobsDeps) {
  const dispatch = async ({ jobs, remove }: JobsPage): Promise<void> => {
    const unsent = await send(jobs.map((job) => taskMessage(job, job.runAt - now())));
    if (unsent.length > 0) throw new Error(`${unsent.length} of ${jobs.length} jobs could not be sent`);
    await remove();
  };

  return async (_: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const thisMinute = Math.floor(now() / MINUTE_MILLISECONDS);
    // Nothing in the table is due within 15 minutes of being stored, so before the first run there is nothing of the past.
    const before = (await later.dispatchedThrough()) ?? thisMinute - 1;
    const last = Math.floor((now() + AHEAD_MILLISECONDS) / MINUTE_MILLISECONDS);
    let dispatched = 0;
    let through = before;
    let firstDue = Number.POSITIVE_INFINITY;
    const hasTime = () => context.getRemainingTimeInMillis() > RESERVE_MILLISECONDS;

    try {
      minutes: for (let minute = before + 1; minute <= last; minute++) {
        for await (const page of later.pages(minute)) {
          await dispatch(page);
          dispatched += page.jobs.length;
          firstDue = Math.min(firstDue, ...page.jobs.map(({ runAt }) => runAt));
          if (!hasTime()) break minutes;
        }
        through = minute;
        if (!hasTime()) break;
      }
    } finally {
      if (through > before) await later.setDispatchedThrough(through);
      report({ dispatched, lateMilliseconds: Math.max(0, now() - firstDue) });
    }
  };
}
