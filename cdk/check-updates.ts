import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { lambdaFunction } from './lambda-function.ts';
import { tellPluginSources } from './plugin-sources.ts';
import type { RegistryTable } from './registry-table.ts';
import type { SecretsKey } from './secrets-key.ts';
import type { Settings } from './settings.ts';

export interface CheckUpdatesProps {
  settings: Settings;
  registry: RegistryTable;
  secretsKey: SecretsKey;
}

/** Four answers of npm at once, of 16 MiB each at the most, and as many archives of 32 MiB. */
const MEMORY_MEGABYTES = 512;
/** AWS's limit: time for some hundred sites that are slow. */
const TIMEOUT_SECONDS = 900;

/** The function that asks where plugins come from whether there are newer versions, and the rule that calls it each day. */
export class CheckUpdates extends Construct {
  readonly everyDay: Rule;

  constructor(scope: Construct, id: string, { settings, registry, secretsKey }: CheckUpdatesProps) {
    super(scope, id);
    const fn = lambdaFunction(this, 'Function', {
      description: 'Asks where plugins come from whether there are newer versions',
      entry: 'functions/check-updates/check-updates.lambda.ts',
      memoryMegabytes: MEMORY_MEGABYTES,
      timeoutSeconds: TIMEOUT_SECONDS,
      logRetentionDays: settings.logRetentionDays,
      environment: { HOGLET_LOG_LEVEL: settings.logLevel },
    });
    registry.grantCheckUpdates(fn);
    secretsKey.grantRead(fn);
    tellPluginSources(fn, settings.pluginSources);
    this.everyDay = new Rule(this, 'EveryDay', {
      description: 'Has plugins’ sources asked for newer versions',
      // An odd minute: at full hours everybody asks.
      schedule: Schedule.expression('cron(17 4 * * ? *)'),
      targets: [new LambdaFunction(fn)],
    });
  }
}
