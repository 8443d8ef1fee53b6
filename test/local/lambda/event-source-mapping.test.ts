import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { startLocalStack } from '../../../local/start-local-stack.ts';
import { temporaryDirectory } from '../../support/local-stack.ts';
import type { QueueAndFunction } from '../fixture-assembly.ts';
import { queueAndFunction, writeAssembly } from '../fixture-assembly.ts';
import { until } from '../processes.ts';

const inOrder = (a = '', b = '') => a.localeCompare(b);

/** Starts a queue with a function behind it that reports its calls: one line of JSON each, on stdout. */
async function consumer(fixture: Omit<QueueAndFunction, 'handler'> & { answer: string }) {
  const directory = await temporaryDirectory();
  const handler = `
    import { setTimeout as sleep } from 'node:timers/promises';
    export const handler = async (event) => {
      const report = (more) => process.stdout.write(JSON.stringify({ process: process.pid, records: event.Records, ...more }) + '\\n');
      report({ at: 'start' });
      try { ${fixture.answer} } finally { report({ at: 'end' }); }
    };`;
  const assembly = queueAndFunction({ ...fixture, handler });
  const reports: { at: string; process: number; records: Record<string, unknown>[] }[] = [];
  const problems: string[] = [];
  const stack = await startLocalStack({
    assemblyDirectory: await writeAssembly(`${directory.path}/out`, assembly),
    onLogLine: ({ line }) => void (line.startsWith('{') && reports.push(JSON.parse(line))),
    onProblem: (problem) => void problems.push(problem),
  });
  const sqs = new SQSClient({ region: stack.region, endpoint: stack.endpoints.sqs, credentials: stack.credentials });
  const { QueueUrl = '', DeadLettersUrl = '' } = stack.outputs;

  return {
    stack,
    problems,
    /** What each call was given, in the order of their starts. */
    calls: () => reports.filter(({ at }) => at === 'start').map(({ records }) => records),
    bodies: () => reports.filter(({ at }) => at === 'start').map(({ records }) => records.map(({ body }) => body)),
    reports,
    async send(bodies: string[]) {
      await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl,
          Entries: bodies.map((body, index) => ({
            Id: String(index),
            MessageBody: body,
            MessageAttributes: {
              text: { DataType: 'String', StringValue: 'a' },
              bytes: { DataType: 'Binary', BinaryValue: Buffer.from('b') },
            },
          })),
        }),
      );
    },
    /** Waits until the queue holds nothing, visible or not. */
    async drained() {
      const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
      await until('the queue is empty', async () => {
        const { Attributes = {} } = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
        );
        return AttributeNames.every((name) => Attributes[name] === '0');
      });
    },
    async deadLetters() {
      const receive = new ReceiveMessageCommand({
        QueueUrl: DeadLettersUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
      });
      return ((await sqs.send(receive)).Messages ?? []).map(({ Body }) => Body);
    },
    async [Symbol.asyncDispose]() {
      sqs.destroy();
      await stack.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

test('records have Lambda’s shape, and what succeeds is deleted', async () => {
  await using queue = await consumer({ answer: 'return { batchItemFailures: [] };' });

  await queue.send(['hello']);
  await queue.drained();

  expect(queue.calls()).toEqual([
    [
      {
        messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        receiptHandle: expect.any(String),
        body: 'hello',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: '000000000000',
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        },
        messageAttributes: {
          text: { stringValue: 'a', stringListValues: [], binaryListValues: [], dataType: 'String' },
          bytes: { binaryValue: 'Yg==', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
        },
        md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
        md5OfBody: '5d41402abc4b2a76b9719d911017c592',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:queue',
        awsRegion: 'us-east-1',
      },
    ],
  ]);
});

test.concurrent('a message that is named as failed comes back alone after its visibility timeout, then goes to dead letters', async () => {
  await using queue = await consumer({
    answer: `return { batchItemFailures: event.Records.filter((r) => r.body === 'bad').map((r) => ({ itemIdentifier: r.messageId })) };`,
  });

  await queue.send(['good', 'bad', 'fine']);
  const started = Date.now();
  await queue.drained();

  expect(queue.bodies()).toEqual([['good', 'bad', 'fine'], ['bad']]);
  expect(queue.calls()[1]?.[0]).toMatchObject({ attributes: { ApproximateReceiveCount: '2' } });
  // Twice the visibility timeout of two seconds: no earlier, and with no retry of its own.
  expect(Date.now() - started).toBeGreaterThan(3_900);
  expect(await queue.deadLetters()).toEqual(['bad']);
});

test.concurrent.each([
  ['an error thrown', `throw new Error('no');`, 0],
  ['an unknown id', `return { batchItemFailures: [{ itemIdentifier: 'x' }] };`, 2],
  ['a response that is no object', `return 'fine';`, 2],
  ['a process that dies', `process.kill(process.pid, 'SIGKILL'); await sleep(1000);`, 0],
])('%s leaves the whole batch on the queue, then in dead letters', async (_title, answer, problems) => {
  await using queue = await consumer({ answer });

  await queue.send(['a', 'b']);
  await queue.drained();

  expect(queue.bodies()).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
  expect((await queue.deadLetters()).sort(inOrder)).toEqual(['a', 'b']);
  expect(queue.problems).toHaveLength(problems);
});

test('without ReportBatchItemFailures any answer is a success', async () => {
  await using queue = await consumer({
    mappingProperties: { FunctionResponseTypes: [] },
    answer: `return { batchItemFailures: [{ itemIdentifier: 'x' }] };`,
  });

  await queue.send(['a']);
  await queue.drained();

  expect(queue.bodies()).toEqual([['a']]);
  expect(await queue.deadLetters()).toEqual([]);
});

test('messages that arrive within the window become one batch', async () => {
  await using queue = await consumer({
    mappingProperties: { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 },
    queueProperties: { VisibilityTimeout: 10 },
    answer: 'return null;',
  });

  for (const body of ['a', 'b', 'c']) {
    await queue.send([body]);
    await sleep(150);
  }
  await queue.drained();

  expect(queue.bodies()).toEqual([['a', 'b', 'c']]);
});

test('as many invocations run at once as the mapping allows, each in its own process, which are kept', async () => {
  await using queue = await consumer({
    mappingProperties: { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 3 } },
    queueProperties: { VisibilityTimeout: 10 },
    answer: 'await sleep(150);',
  });

  await queue.send(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  await queue.drained();

  let running = 0;
  let most = 0;
  for (const { at } of queue.reports) {
    running += at === 'start' ? 1 : -1;
    most = Math.max(most, running);
  }
  expect(most).toBe(3);
  expect(new Set(queue.reports.map((report) => report.process)).size).toBe(3);
});

test('a mapping that is not enabled leaves the queue alone', async () => {
  await using queue = await consumer({ mappingProperties: { Enabled: false }, answer: '' });

  await queue.send(['a']);
  await sleep(300);

  expect(queue.calls()).toEqual([]);
});
