import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { AssetsBucket } from './assets-bucket.ts';
import { lambdaFunction } from './lambda-function.ts';
import { functionTimeoutSeconds, pluginHeapMegabytes } from './process-events-times.ts';
import type { QueueWithDeadLetters } from './queue-with-dead-letters.ts';
import type { RegistryTable } from './registry-table.ts';
import type { Settings } from './settings.ts';
import type { StateTable } from './state-table.ts';
import type { TasksQueue } from './tasks-queue.ts';

export interface ProcessEventsProps {
  settings: Settings;
  events: QueueWithDeadLetters;
  ingestion: QueueWithDeadLetters;
  tasks: TasksQueue;
  registry: RegistryTable;
  state: StateTable;
  assets: AssetsBucket;
}

/** The function that runs a project's chain of plugins over its events, a batch at a time. */
export class ProcessEvents extends Construct {
  readonly eventsMapping: EventSourceMapping;

  constructor(scope: Construct, id: string, props: ProcessEventsProps) {
    super(scope, id);
    const { settings, events, ingestion, tasks, registry, state, assets } = props;
    const row = settings.processEvents;

    const fn = lambdaFunction(this, 'Function', {
      description: 'Runs the plugins of a project over its events, a batch at a time',
      entry: 'functions/process-events/process-events.lambda.ts',
      companions: { sandbox: 'shared/sandbox/main.ts' },
      folders: { libraries: 'shared/libraries/bundle-libraries.ts' },
      memoryMegabytes: row.memoryMegabytes,
      timeoutSeconds: functionTimeoutSeconds(row),
      logRetentionDays: settings.logRetentionDays,
      environment: {
        HOGLET_INGESTION_FORMAT: settings.ingestionFormat,
        HOGLET_INGESTION_COMPRESSION: settings.ingestionCompression,
        HOGLET_HOOK_TIMEOUT_SECONDS: String(row.hookTimeoutSeconds),
        HOGLET_STRIKES: String(row.strikes),
        HOGLET_PLUGIN_HEAP_MEGABYTES: String(pluginHeapMegabytes(row)),
        HOGLET_ALLOW_PRIVATE_NETWORKS: String(settings.allowPrivateNetworks),
        HOGLET_LOG_LEVEL: settings.logLevel,
      },
    });
    events.grantConsume(fn);
    events.grantSendDeadLetters(fn, 'HOGLET_EVENTS_DEAD_LETTER_QUEUE_URL');
    ingestion.grantSend(fn, 'HOGLET_INGESTION_QUEUE_URL');
    registry.grantReadAndUpdate(fn);
    state.grantReadAndWrite(fn);
    assets.grantRead(fn);
    assets.grantReadGeoip(fn, settings.geoipDatabase);
    tasks.grantEnqueueJobs(fn, assets);

    this.eventsMapping = new EventSourceMapping(this, 'EventsMapping', {
      target: fn,
      eventSourceArn: events.queue.queueArn,
      batchSize: row.batchSize,
      maxBatchingWindow: Duration.seconds(row.windowSeconds),
      maxConcurrency: row.maxConcurrency,
      reportBatchItemFailures: true,
    });
  }
}
