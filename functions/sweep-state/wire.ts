import { embeddedMetrics } from '../../shared/aws/embedded-metrics.ts';
import { createObjectBucket } from '../../shared/aws/object-bucket.ts';
import { createSweepJobPayloads } from '../../shared/state/sweep-job-payloads.ts';
import { createSweepLargeTexts } from '../../shared/state/sweep-large-texts.ts';
import { createTableCalls } from '../../shared/state/table-calls.ts';
import { createFunctionRuntime } from '../function-runtime.ts';
import type { Configuration } from './configuration.ts';
import { createSweepState } from './index.ts';

const FUNCTION = 'sweep-state';

/** Puts sweep-state together. */
export function wireSweepState(configuration: Configuration, environment: Record<string, string | undefined>) {
  const runtime = createFunctionRuntime(FUNCTION, configuration.HOGLET_LOG_LEVEL, environment);
  const { clients, logger, now, sleep, writeMetricLine } = runtime;
  const bucket = createObjectBucket(clients.s3, configuration.HOGLET_ASSETS_BUCKET);
  const table = createTableCalls({ dynamodb: clients.dynamodb, table: configuration.HOGLET_STATE_TABLE, now, sleep });
  return runtime.handler(
    createSweepState({
      sweeps: {
        largeTexts: createSweepLargeTexts({ bucket, table, now }),
        jobPayloads: createSweepJobPayloads({ bucket, now }),
      },
      report(part, { seen, removed }) {
        logger.info(`${removed} of ${seen} objects were of no use any more and are gone`, { part });
        writeMetricLine(
          embeddedMetrics(now(), { function: FUNCTION })(
            { ObjectsSeen: { value: seen, unit: 'Count' }, ObjectsRemoved: { value: removed, unit: 'Count' } },
            { part },
          ),
        );
      },
      warn: (message, details) => logger.warn(message, details),
    }),
  );
}
