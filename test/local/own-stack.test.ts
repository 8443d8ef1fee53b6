import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { createTestClock } from '../../local/time/test-clock.ts';
import { startTestStack } from '../support/local-stack.ts';
import { until } from './processes.ts';

const MINUTE = 60_000;

test('the project’s own template is honoured whole, and its functions start', async () => {
  const problems: string[] = [];
  const stack = await startTestStack({ onProblem: (problem) => void problems.push(problem) });

  const consumers = stack.functions.filter(
    ({ name }) => !/ExportRetry|DispatchJobs|ScheduleTasks|SweepState|Admin|CheckUpdates/.test(name),
  );
  const results = await Promise.all(consumers.map((fn) => fn.invoke('{"Records":[]}')));

  expect(results).toEqual(consumers.map(() => ({ payload: '{"batchItemFailures":[]}' })));
  expect(Object.keys(stack.outputs)).toEqual([
    'EventsQueueUrl',
    'EventsDeadLetterQueueUrl',
    'IngestionQueueUrl',
    'IngestionDeadLetterQueueUrl',
    'DeliveriesQueueUrl',
    'DeliveriesDeadLetterQueueUrl',
    'TasksQueueUrl',
    'TasksDeadLetterQueueUrl',
    'RegistryTableName',
    'StateTableName',
    'AssetsBucketName',
    'SecretsKeyArn',
    'ExportRetryStateMachineArn',
    'LifecycleBusName',
    'LifecycleLogGroupName',
    'AdminUrl',
  ]);
  await stack.stop();
  expect(problems).toEqual([]);
});

test('its function runs at the time of a clock that leaps, and knows no other', async () => {
  const problems: string[] = [];
  const startAt = Date.parse('2031-01-01T00:00:00Z');
  const clock = createTestClock({ startAt });
  const stack = await startTestStack({ clock, onProblem: (problem) => void problems.push(problem) });
  const { region, credentials, endpoints, outputs } = stack;
  const sqs = new SQSClient({ region, credentials, endpoint: endpoints.sqs });
  const reportedAt: number[] = [];
  stack.onLogLine(({ line }) => {
    const time = /"_aws":\{"Timestamp":(\d+)/.exec(line)?.[1];
    if (time !== undefined && line.includes('"function":"process-events"')) reportedAt.push(Number(time));
  });

  await sqs.send(
    new SendMessageCommand({ QueueUrl: outputs['EventsQueueUrl'], MessageBody: 'no event', DelaySeconds: 900 }),
  );
  await clock.advance(14 * MINUTE);
  const tooEarly = reportedAt.length;
  await clock.advance(2 * MINUTE);
  await until('the function has reported', () => reportedAt.length > 0);
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: outputs['EventsDeadLetterQueueUrl'], MessageSystemAttributeNames: ['All'] }),
  );

  expect(tooEarly).toBe(0);
  const sentAt = Number(Messages[0]?.Attributes?.SentTimestamp);
  expect([sentAt, ...reportedAt].map((time) => Math.round((time - startAt) / MINUTE))).toEqual([15, 15]);
  sqs.destroy();
  await stack.stop();
  expect(problems).toEqual([]);
});
