import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { QueueWithDeadLetters } from './queue-with-dead-letters.ts';
import type { PluginFunctionSettings } from './settings.ts';

export interface ConsumeQueueProps {
  fn: LambdaFunction;
  queue: QueueWithDeadLetters;
  row: Pick<PluginFunctionSettings, 'batchSize' | 'windowSeconds' | 'maxConcurrency'>;
}

/** Has Lambda hand batches of the queue's messages to the function, which says of each message whether it failed. */
export function consumeQueue(scope: Construct, id: string, { fn, queue, row }: ConsumeQueueProps): EventSourceMapping {
  queue.grantConsume(fn);
  return new EventSourceMapping(scope, id, {
    target: fn,
    eventSourceArn: queue.queue.queueArn,
    batchSize: row.batchSize,
    maxBatchingWindow: Duration.seconds(row.windowSeconds),
    maxConcurrency: row.maxConcurrency,
    reportBatchItemFailures: true,
  });
}
