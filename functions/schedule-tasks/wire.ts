import { embeddedMetrics } from '../../shared/aws/embedded-metrics.ts';
import { createRegistryReader } from '../../shared/registry/registry-reader.ts';
import { createRegistryChanges } from '../../shared/state/registry-changes.ts';
import { createToldTicks } from '../../shared/state/told-ticks.ts';
import { createFunctionRuntime } from '../function-runtime.ts';
import type { Configuration } from './configuration.ts';
import { createScheduleTasks } from './index.ts';

const FUNCTION = 'schedule-tasks';

/** Puts schedule-tasks together. */
export function wireScheduleTasks(configuration: Configuration, environment: Record<string, string | undefined>) {
  const runtime = createFunctionRuntime(FUNCTION, configuration.HOGLET_LOG_LEVEL, environment);
  const { clients, now, writeMetricLine } = runtime;
  const { dynamodb, s3 } = clients;
  return runtime.handler(
    createScheduleTasks({
      // It reads no code, and so needs no bucket.
      registry: createRegistryReader({ dynamodb, s3, table: configuration.HOGLET_REGISTRY_TABLE, bucket: '' }),
      changes: createRegistryChanges({ dynamodb, table: configuration.HOGLET_STATE_TABLE, now }),
      ticks: createToldTicks({ dynamodb, table: configuration.HOGLET_STATE_TABLE }),
      send: runtime.sendTo(configuration.HOGLET_TASKS_QUEUE_URL),
      report: ({ hook, scheduled }) =>
        writeMetricLine(
          embeddedMetrics(now(), { function: FUNCTION })(
            { TasksScheduled: { value: scheduled, unit: 'Count' } },
            { hook },
          ),
        ),
      now,
    }),
  );
}
