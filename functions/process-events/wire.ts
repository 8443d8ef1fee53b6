import type { IngestionCompression } from '../../shared/event/ingestion-format.ts';
import type { Compression } from '../../shared/event/pack-events.ts';
import { createPluginRuntime } from '../plugin-runtime.ts';
import type { Configuration } from './configuration.ts';
import { createProcessEvents } from './index.ts';
import { createBatchReporter } from './report-batch.ts';
import { tellOfDeadLetters } from './tell-of-dead-letters.ts';

/** The level at which a packed message costs least, requests and CPU together; see docs/adr/0003-compression.md. */
const COMPRESSION: Record<IngestionCompression, Compression> = {
  gzip: { algorithm: 'gzip', level: 6 },
  zstd: { algorithm: 'zstd', level: 1 },
};

/** Puts process-events together; the parameters are as in `PluginRuntimeOptions`. */
export function wireProcessEvents(
  configuration: Configuration,
  environment: Record<string, string | undefined>,
  sandboxEntry: string,
) {
  const runtime = createPluginRuntime({
    functionName: 'process-events',
    configuration,
    environment,
    sandboxEntry,
    output: {
      format: configuration.HOGLET_INGESTION_FORMAT,
      compression: COMPRESSION[configuration.HOGLET_INGESTION_COMPRESSION],
    },
  });
  const { sendTo, writeMetricLine, measure, tell, now } = runtime;
  const report = createBatchReporter(writeMetricLine, measure, now);
  return runtime.endable(
    createProcessEvents({
      ...runtime,
      sendToIngestion: sendTo(configuration.HOGLET_INGESTION_QUEUE_URL),
      sendToDeliveries: sendTo(configuration.HOGLET_DELIVERIES_QUEUE_URL),
      sendToDeadLetters: sendTo(configuration.HOGLET_EVENTS_DEAD_LETTER_QUEUE_URL),
      report(facts) {
        report(facts);
        tellOfDeadLetters(facts, tell);
      },
    }),
  );
}
