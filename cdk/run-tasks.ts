import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { AssetsBucket } from './assets-bucket.ts';
import { lambdaFunction } from './lambda-function.ts';
import { functionTimeoutSeconds, pluginHeapMegabytes } from './process-events-times.ts';
import type { RegistryTable } from './registry-table.ts';
import type { Settings } from './settings.ts';
import type { StateTable } from './state-table.ts';
import type { TasksQueue } from './tasks-queue.ts';

export interface RunTasksProps {
  settings: Settings;
  tasks: TasksQueue;
  registry: RegistryTable;
  state: StateTable;
  assets: AssetsBucket;
}

/** The function that runs jobs and scheduled tasks of plugins. */
export class RunTasks extends Construct {
  readonly tasksMapping: EventSourceMapping;

  constructor(scope: Construct, id: string, { settings, tasks, registry, state, assets }: RunTasksProps) {
    super(scope, id);
    const row = settings.runTasks;

    const fn = lambdaFunction(this, 'Function', {
      description: 'Runs jobs and scheduled tasks of plugins, one at a time per plugin config and name',
      entry: 'functions/run-tasks/run-tasks.lambda.ts',
      companions: { sandbox: 'shared/sandbox/main.ts' },
      folders: { libraries: 'shared/libraries/bundle-libraries.ts' },
      memoryMegabytes: row.memoryMegabytes,
      timeoutSeconds: functionTimeoutSeconds(row),
      logRetentionDays: settings.logRetentionDays,
      environment: {
        HOGLET_HOOK_TIMEOUT_SECONDS: String(row.hookTimeoutSeconds),
        HOGLET_STRIKES: String(row.strikes),
        HOGLET_PLUGIN_HEAP_MEGABYTES: String(pluginHeapMegabytes(row)),
        HOGLET_ALLOW_PRIVATE_NETWORKS: String(settings.allowPrivateNetworks),
        HOGLET_JOB_HOP_LIMIT: String(row.jobHopLimit),
        HOGLET_LOG_LEVEL: settings.logLevel,
      },
    });
    registry.grantReadAndUpdate(fn);
    state.grantReadAndWrite(fn);
    assets.grantRead(fn);
    assets.grantReadGeoip(fn, settings.geoipDatabase);
    tasks.grantEnqueueJobs(fn, assets);

    state.grantRunTasks(fn);
    assets.grantJobPayloads(fn, ['s3:GetObject', 's3:DeleteObject']);
    tasks.grantConsume(fn);
    this.tasksMapping = new EventSourceMapping(this, 'TasksMapping', {
      target: fn,
      eventSourceArn: tasks.queue.queueArn,
      batchSize: row.batchSize,
      maxBatchingWindow: Duration.seconds(row.windowSeconds),
      maxConcurrency: row.maxConcurrency,
      reportBatchItemFailures: true,
    });
  }
}
