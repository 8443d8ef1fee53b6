import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { AssetsBucket } from './assets-bucket.ts';
import { lambdaFunction } from './lambda-function.ts';
import type { Settings } from './settings.ts';
import type { StateTable } from './state-table.ts';

export interface SweepStateProps {
  settings: Settings;
  state: StateTable;
  assets: AssetsBucket;
}

/** It only reads keys, a hundred at a time. */
const MEMORY_MEGABYTES = 256;
/** AWS's limit: time for some million objects. */
const TIMEOUT_SECONDS = 900;

/** The function that takes away what plugins have left behind in the bucket, and the rule that calls it each day. */
export class SweepState extends Construct {
  readonly rule: Rule;

  constructor(scope: Construct, id: string, { settings, state, assets }: SweepStateProps) {
    super(scope, id);
    const fn = lambdaFunction(this, 'Function', {
      description: 'Takes away large values and payloads of jobs that nobody needs any more',
      entry: 'functions/sweep-state/sweep-state.lambda.ts',
      memoryMegabytes: MEMORY_MEGABYTES,
      timeoutSeconds: TIMEOUT_SECONDS,
      logRetentionDays: settings.logRetentionDays,
      environment: { HOGLET_LOG_LEVEL: settings.logLevel },
    });
    state.grantSweep(fn);
    assets.grantSweep(fn);
    this.rule = new Rule(this, 'EveryDay', {
      description: 'Has what plugins have left behind taken away',
      // Not at midnight, when scheduled tasks are asked for.
      schedule: Schedule.expression('cron(30 3 * * ? *)'),
      targets: [new LambdaFunction(fn)],
    });
  }
}
