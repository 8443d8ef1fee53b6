import { FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import type { AssetsBucket } from './assets-bucket.ts';
import { lambdaFunction } from './lambda-function.ts';
import { tellPluginSources } from './plugin-sources.ts';
import type { QueueWithDeadLetters } from './queue-with-dead-letters.ts';
import type { RegistryTable } from './registry-table.ts';
import type { SecretsKey } from './secrets-key.ts';
import type { Settings } from './settings.ts';
import type { StateTable } from './state-table.ts';
import type { TasksQueue } from './tasks-queue.ts';

export interface AdminProps {
  settings: Settings;
  registry: RegistryTable;
  state: StateTable;
  events: QueueWithDeadLetters;
  ingestion: QueueWithDeadLetters;
  deliveries: QueueWithDeadLetters;
  tasks: TasksQueue;
  assets: AssetsBucket;
  secretsKey: SecretsKey;
}

/** One vCPU: building a plugin is what takes the longest. */
const MEMORY_MEGABYTES = 1_769;

/** Fetching a plugin, building it and trying to load it. A client waits for the answer. */
const TIMEOUT_SECONDS = 60;

/** The admin API, at a URL of its own. Anybody can reach it; it looks at the token of each request itself. */
export class Admin extends Construct {
  readonly fn: NodejsFunction;
  /** With a slash at its end. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: AdminProps) {
    super(scope, id);
    const { settings, registry, state, events, ingestion, deliveries, tasks, assets, secretsKey } = props;
    this.fn = lambdaFunction(this, 'Function', {
      description: 'Installs, configures, orders, updates and operates plugins',
      entry: 'functions/admin/admin.lambda.ts',
      companions: { sandbox: 'shared/sandbox/main.ts' },
      folders: { libraries: 'shared/libraries/bundle-libraries.ts', esbuild: 'cdk/copy-esbuild.ts' },
      memoryMegabytes: MEMORY_MEGABYTES,
      timeoutSeconds: TIMEOUT_SECONDS,
      logRetentionDays: settings.logRetentionDays,
      environment: {
        HOGLET_LOG_LEVEL: settings.logLevel,
        // Read by esbuild itself. The folder of the bundle is the working directory, on Lambda as here.
        ESBUILD_BINARY_PATH: './esbuild/esbuild',
      },
    });
    registry.grantManage(this.fn);
    assets.grantInstall(this.fn);
    assets.grantUploads(this.fn);
    secretsKey.grantRead(this.fn);
    state.grantOperate(this.fn);
    tasks.grantEnqueueJobs(this.fn, assets);
    events.grantManageDeadLetters(this.fn, 'EVENTS');
    ingestion.grantManageDeadLetters(this.fn, 'INGESTION');
    deliveries.grantManageDeadLetters(this.fn, 'DELIVERIES');
    tasks.grantManageDeadLetters(this.fn, 'TASKS');
    tellPluginSources(this.fn, settings.pluginSources);
    const { url } = this.fn.addFunctionUrl({
      authType: FunctionUrlAuthType.NONE,
      invokeMode: InvokeMode.BUFFERED,
    });
    this.url = url;
  }
}
