import { ChangeMessageVisibilityCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { clockedStack, MONDAY, reporting } from '../clocked-stack.ts';
import { queueAndFunction } from '../fixture-assembly.ts';

const MINUTE = 60_000;
const PLAIN_QUEUE = {
  resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 300, DelaySeconds: 60 } } },
  outputs: { QueueUrl: { Value: { Ref: 'Queue' } } },
};

test('delays of a message and of a queue are the clock’s, also over a restart', async () => {
  await using own = await clockedStack(PLAIN_QUEUE);
  const send = (MessageBody: string, DelaySeconds?: number) =>
    own.sqs().send(new SendMessageCommand({ QueueUrl: own.stack().outputs['QueueUrl'], MessageBody, DelaySeconds }));
  await send('after 1 minute');
  await send('after 15 minutes', 900);
  const receive = () => own.receive(own.stack().outputs['QueueUrl']);

  const before = await receive();
  await own.clock.advance(2 * MINUTE);
  const afterTwo = await receive();
  await own.restart(12 * MINUTE);
  const afterFourteen = await receive();
  await own.clock.advance(2 * MINUTE);
  const afterSixteen = await receive();

  expect({ before, afterTwo, afterFourteen, afterSixteen }).toEqual({
    before: [],
    afterTwo: ['after 1 minute'],
    // It was received 12 minutes ago, and its visibility timeout is 5.
    afterFourteen: ['after 1 minute'],
    afterSixteen: ['after 15 minutes'],
  });
});

test('visibility timeouts are the clock’s, and so are the times on a message', async () => {
  await using own = await clockedStack({
    ...PLAIN_QUEUE,
    resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 300 } } },
  });
  const QueueUrl = own.stack().outputs['QueueUrl'];
  const receive = async () => {
    const command = new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] });
    return (await own.sqs().send(command)).Messages?.[0];
  };
  await own.clock.advance(10 * MINUTE);
  await own.sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: 'body' }));

  const first = await receive();
  await own.clock.advance(4 * MINUTE);
  const hidden = await receive();
  await own
    .sqs()
    .send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 3600 }),
    );
  await own.clock.advance(59 * MINUTE);
  const stillHidden = await receive();
  await own.clock.advance(2 * MINUTE);
  const again = await receive();

  expect([hidden, stillHidden]).toEqual([undefined, undefined]);
  expect(Math.round((Number(first?.Attributes?.SentTimestamp) - MONDAY) / MINUTE)).toBe(10);
  expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
});

test('batching windows, retries after a failed batch and dead letters take no time on a clock that leaps', async () => {
  await using own = await clockedStack(
    queueAndFunction({
      handler: reporting("if (event.Records.some(({ body }) => body === 'bad')) throw new Error('broken');"),
      queueProperties: { VisibilityTimeout: 600 },
      mappingProperties: { MaximumBatchingWindowInSeconds: 120 },
    }),
  );
  const { QueueUrl, DeadLettersUrl } = own.stack().outputs;
  const send = (MessageBody: string) => own.sqs().send(new SendMessageCommand({ QueueUrl, MessageBody }));

  await send('bad');
  await own.clock.advance(MINUTE);
  await send('good');
  await own.clock.advance(3 * MINUTE);
  await own.reported(1);
  const once = own.reports.length;
  await own.clock.advance(60 * MINUTE);

  // Both wait for the window; the batch fails, is tried again after its visibility timeout, and is received too often.
  await own.reported(2);
  const minutes = own.reports.map(({ at }) => Math.round((Number(at) - MONDAY) / MINUTE));
  expect(once).toBe(1);
  expect(minutes[0]).toBe(2);
  expect(minutes[1]).toBeGreaterThanOrEqual(12);
  expect((await own.receive(DeadLettersUrl)).sort()).toEqual(['bad', 'good']);
});
