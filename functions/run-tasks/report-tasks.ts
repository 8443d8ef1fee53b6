import { embeddedMetrics, type MetricLine } from '../../shared/aws/embedded-metrics.ts';
import type { TaskFacts } from './index.ts';

export type ReportTasks = (facts: TaskFacts) => void;

/** Writes the batch's metrics (namespace `Hoglet`), see `TaskAccount`. */
export function createTaskReporter(write: (line: MetricLine) => void, now: () => number): ReportTasks {
  return ({ received, failed, account, milliseconds }) => {
    const count = (value: number) => ({ value, unit: 'Count' as const });
    write(
      embeddedMetrics(now(), { function: 'run-tasks' })({
        MessagesReceived: count(received),
        MessagesFailed: count(failed),
        TasksRun: count(account.ran),
        TasksFailed: count(account.failed),
        TasksSkipped: count(account.skipped),
        TasksPostponed: count(account.postponed),
        JobsRetried: count(account.retried),
        JobsGivenUp: count(account.givenUp),
        JobsDropped: count(account.dropped),
        BatchDuration: { value: Math.round(milliseconds), unit: 'Milliseconds' },
      }),
    );
  };
}
