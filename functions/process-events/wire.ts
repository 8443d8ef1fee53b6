import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, SQSEvent } from 'aws-lambda';
import { createAwsClients } from '../../shared/aws/clients.ts';
import type { MetricLine } from '../../shared/aws/embedded-metrics.ts';
import type { QueueMessage } from '../../shared/aws/group-messages.ts';
import { readObjectIfChanged } from '../../shared/aws/read-object.ts';
import { sendMessages } from '../../shared/aws/send-messages.ts';
import type { IngestionCompression } from '../../shared/event/ingestion-format.ts';
import type { Compression } from '../../shared/event/pack-events.ts';
import { followRegistry } from '../../shared/host/follow-registry.ts';
import { createGeoip } from '../../shared/host/geoip.ts';
import { hostOptions } from '../../shared/host/host-settings.ts';
import { createPluginHost } from '../../shared/host/plugin-host.ts';
import { createServices } from '../../shared/host/services.ts';
import { createRegistryErrors } from '../../shared/plugins/registry-errors.ts';
import { createRegistryReader } from '../../shared/plugins/registry-reader.ts';
import { createRegistrySetups } from '../../shared/plugins/registry-setups.ts';
import { createCacheStore } from '../../shared/state/cache-store.ts';
import type { Configuration } from './configuration.ts';
import { createProcessEvents } from './index.ts';
import { createPluginLog } from './plugin-log.ts';
import { pluginMetricLines } from './plugin-metrics.ts';
import { createPluginErrorRecorder } from './record-plugin-errors.ts';
import { createBatchReporter } from './report-batch.ts';

/** The level at which a packed message costs least, requests and CPU together; see docs/adr/0003-compression.md. */
const COMPRESSION: Record<IngestionCompression, Compression> = {
  gzip: { algorithm: 'gzip', level: 6 },
  zstd: { algorithm: 'zstd', level: 1 },
};

/**
 * Puts process-events together. `sandboxEntry` is the bundle of the plugin host's child, whose folder, with `libraries/` in it,
 * is all that it may read.
 *
 * @returns the handler, and what tears all plugins down at the end, which takes no longer than the limit, and no time in the middle of a batch.
 */
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
  const bucket = configuration.HOGLET_ASSETS_BUCKET;
  const registry = {
    ...createRegistryReader({ dynamodb, s3, table, bucket }),
    ...createRegistryErrors({ dynamodb, table }),
    ...createRegistrySetups({ dynamodb, table }),
  };
  const geoip = createGeoip({
    readDatabase: (tag) => readObjectIfChanged(s3, bucket, configuration.HOGLET_GEOIP_DATABASE, tag),
    now,
    warn,
  });
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
      createServices({ cache, geoip, warn }),
      clock,
    ),
  );
  const plugins = followRegistry({
    registry,
    host,
    instanceId: randomUUID(),
    now,
    log: createPluginLog(logger),
    async onReport(report) {
      pluginMetricLines(report, now()).forEach(writeMetricLine);
      await recordPluginErrors(report);
    },
    warn,
  });
  const recordPluginErrors = createPluginErrorRecorder({ registry, plugins, logger, now });

  const sendTo =
    (queueUrl: string) =>
    async <Message extends QueueMessage>(messages: Message[]) => {
      const unsent = await sendMessages({ sqs, sleep }, queueUrl, messages);
      for (const { code, reason } of unsent)
        warn(`A message could not be sent, its source comes again: ${code}: ${reason}`, { queueUrl });
      return unsent.map(({ message }) => message);
    };

  const processEvents = createProcessEvents({
    plugins,
    host,
    sendToIngestion: sendTo(configuration.HOGLET_INGESTION_QUEUE_URL),
    sendToDeadLetters: sendTo(configuration.HOGLET_EVENTS_DEAD_LETTER_QUEUE_URL),
    recordPluginErrors,
    report: createBatchReporter(writeMetricLine, now),
    clock,
  });
  let underWay = 0;
  const handle = async (event: SQSEvent, context: Context) => {
    underWay++;
    return processEvents(event, context).finally(() => underWay--);
  };
  return {
    handler: middy(handle).use(injectLambdaContext(logger, { logEvent: false })),
    tearDown: (limitMilliseconds: number) => (underWay > 0 ? host.stop() : plugins.tearDown(limitMilliseconds)),
  };
}

/** Past `console`, which would put a time and a request id before the line: then it would be no metric. */
function writeMetricLine(line: MetricLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
