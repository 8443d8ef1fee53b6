import { embeddedMetrics } from '../../shared/aws/embedded-metrics.ts';
import { createLaterJobs } from '../../shared/state/later-jobs.ts';
import { createFunctionRuntime } from '../function-runtime.ts';
import type { Configuration } from './configuration.ts';
import { createDispatchJobs } from './index.ts';

const FUNCTION = 'dispatch-jobs';

/** Puts dispatch-jobs together. */
export function wireDispatchJobs(configuration: Configuration, environment: Record<string, string | undefined>) {
  const runtime = createFunctionRuntime(FUNCTION, configuration.HOGLET_LOG_LEVEL, environment);
  const { clients, sleep, now, writeMetricLine } = runtime;
  return runtime.handler(
    createDispatchJobs({
      later: createLaterJobs({ dynamodb: clients.dynamodb, table: configuration.HOGLET_STATE_TABLE, now, sleep }),
      send: runtime.sendTo(configuration.HOGLET_TASKS_QUEUE_URL),
      report: ({ dispatched, lateMilliseconds }) =>
        writeMetricLine(
          embeddedMetrics(now(), { function: FUNCTION })({
            JobsDispatched: { value: dispatched, unit: 'Count' },
            JobsDispatchedLateBy: { value: lateMilliseconds, unit: 'Milliseconds' },
          }),
        ),
      now,
    }),
  );
}
