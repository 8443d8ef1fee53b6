import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { QueueState } from '../servers/queue-time.ts';
import type { Clock } from '../time/clock.ts';
import { failedMessages } from './failed-messages.ts';
import { gatherBatch } from './gather-batch.ts';
import type { LocalFunction } from './local-function.ts';
import type { SqsRecord } from './sqs-record.ts';
import { sqsRecord } from './sqs-record.ts';
import { watchBacklog } from './watch-backlog.ts';

export interface EventSourceMappingOptions {
  sqs: SQSClient;
  queueUrl: string;
  queueArn: string;
  region: string;
  localFunction: LocalFunction;
  batchSize: number;
  windowSeconds: number;
  maximumConcurrency: number;
  reportBatchItemFailures: boolean;
  clock: Clock;
  /** What the queue holds right now. */
  queueState(): QueueState;
  /** Told of what Lambda would only show in metrics: failed polls and malformed responses. */
  onProblem(problem: string): void;
}

export interface EventSourceMapping {
  /** Stops polling at once, and waits for the invocations under way. */
  stop(): Promise<void>;
}

const PAUSE_AFTER_FAILED_POLL_MILLISECONDS = 500;

/**
 * Polls a queue and invokes a function with what it finds, at least once for each message.
 *
 * What an invocation does not fail is deleted. What it fails stays as it is: it becomes visible when its visibility
 * timeout has passed, and the queue moves it to the dead letters when it was received too often.
 */
export function startEventSourceMapping(options: EventSourceMappingOptions): EventSourceMapping {
  const { sqs, queueUrl, queueArn, region, maximumConcurrency, clock, onProblem } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const invocations = new Set<Promise<void>>();
  const leftOver: SqsRecord[] = [];
  const backlog = watchBacklog(options);

  async function receive(most: number, waitSeconds: number): Promise<SqsRecord[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: most,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: signal },
    );
    const records = Messages.map((message) => sqsRecord(message, queueArn, region));
    backlog.received(records);
    return records;
  }

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      // No message is received before there is room for its invocation: its visibility timeout would run for nothing.
      while (invocations.size >= maximumConcurrency) await Promise.race(invocations);
      try {
        const { now, leaps } = clock;
        const batch = await gatherBatch({
          ...options,
          now,
          leaps,
          receive,
          signal,
          leftOver,
          onWindow: backlog.gathers,
        });
        backlog.invoked(batch);
        const invocation = process(batch).finally(() => {
          backlog.done(batch);
          invocations.delete(invocation);
        });
        invocations.add(invocation);
      } catch (error) {
        if (signal.aborted) return;
        onProblem(`${queueArn} could not be polled: ${String(error)}`);
        await sleep(PAUSE_AFTER_FAILED_POLL_MILLISECONDS);
      }
    }
  }

  async function process(batch: SqsRecord[]): Promise<void> {
    try {
      const result = await options.localFunction.invoke(JSON.stringify({ Records: batch }));
      if ('error' in result) return;
      const done = options.reportBatchItemFailures ? succeeded(batch, result.payload) : batch;
      await remove(done);
    } catch (error) {
      if (!signal.aborted)
        onProblem(`A batch of ${batch.length} from ${queueArn} was left on the queue: ${String(error)}`);
    }
  }

  function succeeded(batch: SqsRecord[], payload: string): SqsRecord[] {
    const outcome = failedMessages(payload, new Set(batch.map(({ messageId }) => messageId)));
    if ('failed' in outcome) return batch.filter(({ messageId }) => !outcome.failed.has(messageId));
    onProblem(`${options.localFunction.name} failed its whole batch of ${batch.length}: ${outcome.malformed}`);
    return [];
  }

  async function remove(records: SqsRecord[]): Promise<void> {
    for (let start = 0; start < records.length; start += 10) {
      const { Failed = [] } = await sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: records
            .slice(start, start + 10)
            .map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle })),
        }),
      );
      for (const { Message } of Failed) onProblem(`A message of ${queueArn} could not be deleted: ${Message}`);
    }
  }

  const polling = poll();
  return {
    async stop() {
      stopping.abort();
      await polling;
      await Promise.all(invocations);
      backlog.stop();
    },
  };
}
