import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { createAwsClients } from '../../shared/aws/clients.ts';
import type { MetricLine } from '../../shared/aws/embedded-metrics.ts';
import type { QueueMessage } from '../../shared/aws/group-messages.ts';
import { sendMessages } from '../../shared/aws/send-messages.ts';
import type { IngestionCompression } from '../../shared/event/ingestion-format.ts';
import type { Compression } from '../../shared/event/pack-events.ts';
import { followRegistry } from '../../shared/host/follow-registry.ts';
import { hostOptions } from '../../shared/host/host-settings.ts';
import { createPluginHost } from '../../shared/host/plugin-host.ts';
import { createServices } from '../../shared/host/services.ts';
import { createRegistryErrors } from '../../shared/plugins/registry-errors.ts';
import { createRegistryReader } from '../../shared/plugins/registry-reader.ts';
import { createCacheStore } from '../../shared/state/cache-store.ts';
import type { Configuration } from './configuration.ts';
import { createProcessEvents } from './index.ts';
import { createPluginErrorRecorder } from './record-plugin-errors.ts';
import { createBatchReporter } from './report-batch.ts';

/** The level at which a packed message costs least, requests and CPU together; see docs/adr/0003-compression.md. */
const COMPRESSION: Record<IngestionCompression, Compression> = {
  gzip: { algorithm: 'gzip', level: 6 },
  zstd: { algorithm: 'zstd', level: 1 },
};

/** Puts process-events together. `sandboxEntry` is the bundle of the plugin host's child; its folder, with `libraries/` in it, is all that it may read. */
export function wireProcessEvents(
  configuration: Configuration,
  environment: Record<string, string | undefined>,
  sandboxEntry: string,
) {
  const clock = () => performance.now();
  const now = () => Date.now();
  const logger = new Logger({ serviceName: 'process-events', logLevel: configuration.HOGLET_LOG_LEVEL });
  const warn = (message: string, details: Record<string, unknown>) => logger.warn(message, details);

  const { sqs, dynamodb, s3 } = createAwsClients({
    endpoints: {
      dynamodb: environment['AWS_ENDPOINT_URL_DYNAMODB'],
      s3: environment['AWS_ENDPOINT_URL_S3'],
    },
  });
  const table = configuration.HOGLET_REGISTRY_TABLE;
  const registry = {
    ...createRegistryReader({ dynamodb, s3, table, bucket: configuration.HOGLET_ASSETS_BUCKET }),
    ...createRegistryErrors({ dynamodb, table }),
  };
  const cache = createCacheStore({ dynamodb, table: configuration.HOGLET_STATE_TABLE, now, sleep });

  const host = createPluginHost(
    hostOptions(
      {
        hookTimeoutSeconds: configuration.HOGLET_HOOK_TIMEOUT_SECONDS,
        strikes: configuration.HOGLET_STRIKES,
        heapMegabytes: configuration.HOGLET_PLUGIN_HEAP_MEGABYTES,
        allowPrivateNetworks: configuration.HOGLET_ALLOW_PRIVATE_NETWORKS,
        format: configuration.HOGLET_INGESTION_FORMAT,
        compression: COMPRESSION[configuration.HOGLET_INGESTION_COMPRESSION],
      },
      {
        entry: sandboxEntry,
        readablePaths: [dirname(sandboxEntry)],
        librariesFolder: join(dirname(sandboxEntry), 'libraries'),
      },
      createServices({ cache, warn }),
      clock,
    ),
  );
  const plugins = followRegistry({ registry, host, now, warn });

  const sendTo =
    (queueUrl: string) =>
    async <Message extends QueueMessage>(messages: Message[]) => {
      const unsent = await sendMessages({ sqs, sleep }, queueUrl, messages);
      for (const { code, reason } of unsent)
        warn(`A message could not be sent, its source comes again: ${code}: ${reason}`, { queueUrl });
      return unsent.map(({ message }) => message);
    };

  return middy(
    createProcessEvents({
      plugins,
      host,
      sendToIngestion: sendTo(configuration.HOGLET_INGESTION_QUEUE_URL),
      sendToDeadLetters: sendTo(configuration.HOGLET_EVENTS_DEAD_LETTER_QUEUE_URL),
      recordPluginErrors: createPluginErrorRecorder({ registry, plugins, logger, now }),
      report: createBatchReporter(writeMetricLine, now),
      clock,
    }),
  ).use(injectLambdaContext(logger, { logEvent: false }));
}

/** Past `console`, which would put a time and a request id before the line: then it would be no metric. */
function writeMetricLine(line: MetricLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
