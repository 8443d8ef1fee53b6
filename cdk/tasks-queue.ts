import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { AssetsBucket } from './assets-bucket.ts';
import { visibilityTimeoutSeconds } from './plugin-function-times.ts';
import { QueueWithDeadLetters } from './queue-with-dead-letters.ts';
import type { Settings } from './settings.ts';

/** Jobs and scheduled tasks that are to be run. */
export class TasksQueue extends QueueWithDeadLetters {
  constructor(scope: Construct, id: string, { stackName, runTasks }: Settings) {
    super(scope, id, {
      name: `${stackName}-tasks`,
      visibilityTimeoutSeconds: visibilityTimeoutSeconds(runTasks),
      maxReceiveCount: runTasks.maxReceiveCount,
    });
  }

  /** Lets plugins in the function enqueue jobs. Those for later lie in the state table, which it can write to anyway. */
  grantEnqueueJobs(fn: LambdaFunction, assets: AssetsBucket): void {
    this.grantSend(fn, 'HOGLET_TASKS_QUEUE_URL');
    assets.grantJobPayloads(fn, ['s3:PutObject']);
  }
}
