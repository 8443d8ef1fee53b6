import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import type { AssetsBucket } from './assets-bucket.ts';
import { lambdaFunction } from './lambda-function.ts';
import type { LifecycleBus } from './lifecycle-bus.ts';
import { functionTimeoutSeconds, pluginHeapMegabytes } from './plugin-function-times.ts';
import type { QueueWithDeadLetters } from './queue-with-dead-letters.ts';
import type { RegistryTable } from './registry-table.ts';
import type { SecretsKey } from './secrets-key.ts';
import type { PluginFunctionSettings, Settings } from './settings.ts';
import type { StateTable } from './state-table.ts';
import type { TasksQueue } from './tasks-queue.ts';

/** What every function that runs plugins works with. */
export interface PluginSurroundings {
  settings: Settings;
  /** Where what plugins capture goes. */
  events: QueueWithDeadLetters;
  tasks: TasksQueue;
  registry: RegistryTable;
  state: StateTable;
  assets: AssetsBucket;
  secretsKey: SecretsKey;
  lifecycle: LifecycleBus;
}

export interface PluginFunctionProps extends PluginSurroundings {
  description: string;
  /** The entry, from the project's root; it exports `handler`. */
  entry: string;
  row: Omit<PluginFunctionSettings, 'batchSize' | 'windowSeconds' | 'maxConcurrency' | 'maxReceiveCount'>;
  environment?: Record<string, string>;
}

/** A function with a plugin host: it reads the registry and plugins' files, keeps plugins' state, enqueues their jobs, and queues what they capture. */
export function pluginFunction(scope: Construct, id: string, props: PluginFunctionProps): NodejsFunction {
  const { settings, row, events, tasks, registry, state, assets, secretsKey, lifecycle } = props;
  const fn = lambdaFunction(scope, id, {
    description: props.description,
    entry: props.entry,
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
      HOGLET_LOG_LEVEL: settings.logLevel,
      HOGLET_CAPTURE_HOP_LIMIT: String(settings.captureHopLimit),
      ...props.environment,
    },
  });
  registry.grantReadAndUpdate(fn);
  state.grantReadAndWrite(fn);
  assets.grantRead(fn);
  assets.grantReadGeoip(fn, settings.geoipDatabase);
  assets.grantLargeTexts(fn);
  tasks.grantEnqueueJobs(fn, assets);
  secretsKey.grantRead(fn);
  events.grantSend(fn, 'HOGLET_EVENTS_QUEUE_URL');
  lifecycle.grantPut(fn);
  return fn;
}
