import { expect, test } from 'vitest';
import { busCharge } from '../../../bench/cost/bus-charge.ts';
import { lambdaUsage } from '../../../bench/cost/lambda-usage.ts';
import { lineUsage } from '../../../bench/cost/log-usage.ts';
import { s3Charge } from '../../../bench/cost/s3-charge.ts';
import { sqsCharge } from '../../../bench/cost/sqs-charge.ts';

const KIB = 1024;
const QueueUrl = 'http://127.0.0.1:1/000000000000/events';
const usageOf = (operation: string, request: object, answer: object = {}) =>
  sqsCharge(operation, { QueueUrl, ...request }, answer, new Set()).usage;

test.each([
  [1, 1],
  [64 * KIB, 1],
  [64 * KIB + 1, 2],
  [1024 * KIB, 16],
])('SQS takes a message of %i bytes for %i requests, sent and received', (bytes, requests) => {
  const text = 'x'.repeat(bytes);

  expect(usageOf('SendMessage', { MessageBody: text })).toEqual({ sqsRequests: requests });
  expect(usageOf('ReceiveMessage', {}, { Messages: [{ Body: text }] })).toEqual({ sqsRequests: requests });
});

test('SQS counts a batch by all that is in it: bytes of bodies and of attributes’ names, types and values', () => {
  const Entries = Array.from({ length: 10 }, () => ({ MessageBody: 'ä'.repeat(32 * KIB) }));
  const attribute = { n: { DataType: 'String', StringValue: 'v' } };
  const full = { MessageBody: 'x'.repeat(64 * KIB - 8), MessageAttributes: attribute };

  expect(usageOf('SendMessageBatch', { Entries })).toEqual({ sqsRequests: 10 });
  expect(usageOf('SendMessageBatch', { Entries: [full] })).toEqual({ sqsRequests: 1 });
  expect(usageOf('SendMessageBatch', { Entries: [{ ...full, MessageBody: `${full.MessageBody}x` }] })).toEqual({
    sqsRequests: 2,
  });
  expect(usageOf('DeleteMessageBatch', { Entries: [{ ReceiptHandle: 'x'.repeat(100 * KIB) }] })).toEqual({
    sqsRequests: 1,
  });
});

test('every request to a queue whose messages have groups costs more, from the first such message on', () => {
  const fair = new Set<string>();
  const charge = (operation: string, request: object) => sqsCharge(operation, { QueueUrl, ...request }, {}, fair).usage;

  const before = charge('DeleteMessageBatch', {});
  const sent = charge('SendMessageBatch', { Entries: [{ MessageBody: 'x'.repeat(100 * KIB), MessageGroupId: '7' }] });

  expect([before, sent, charge('DeleteMessageBatch', {})]).toEqual([
    { sqsRequests: 1 },
    { sqsRequests: 2, sqsFairRequests: 2 },
    { sqsRequests: 1, sqsFairRequests: 1 },
  ]);
  expect(charge('DeleteMessageBatch', { QueueUrl: 'http://127.0.0.1:1/000000000000/other' })).toEqual({
    sqsRequests: 1,
  });
});

test('a poll that found nothing is idle, one that found something is not', () => {
  const poll = (answer: object) => sqsCharge('ReceiveMessage', { QueueUrl }, answer, new Set());

  expect(poll({})).toMatchObject({ isIdle: true, on: 'events' });
  expect(poll({ Messages: [{ Body: '' }] })).not.toHaveProperty('isIdle');
});

test.each([
  ['PUT', '/bucket/key', { s3Writes: 1 }],
  ['POST', '/bucket?delete=', { s3Writes: 1 }],
  ['GET', '/bucket?list-type=2&prefix=values%2F', { s3Writes: 1 }],
  ['GET', '/bucket/key?x-id=GetObject', { s3Reads: 1 }],
  ['HEAD', '/bucket/key', { s3Reads: 1 }],
  ['DELETE', '/bucket/key?x-id=DeleteObject', {}],
])('S3 is paid for %s %s', (method, path, usage) => {
  expect(s3Charge(method, path)).toMatchObject({ on: 'bucket', usage });
});

test('EventBridge counts each entry, a large one several times, and nothing for switching rules', () => {
  const entry = { Source: 'hoglet', DetailType: 'x', Detail: '{}' };
  const large = { ...entry, Detail: JSON.stringify('x'.repeat(128 * KIB)) };

  expect(busCharge('PutEvents', { Entries: [entry, entry, large] }).usage).toEqual({ busEvents: 5 });
  expect(busCharge('DisableRule', {}).usage).toEqual({});
});

test.each([
  ['waited', 1769, 1000, 200, 1.03],
  ['computed in two processes at once', 1769, 1000, 1800, 1.83],
  ['computed with a seventh of a vCPU', 256, 10, 10, 10 / (256 / 1769) / 1000 + 0.03],
])(
  'an invocation that %s is billed for its share of a vCPU',
  (_, memoryMegabytes, milliseconds, cpuMilliseconds, seconds) => {
    const report = { functionName: 'f', memoryMegabytes, milliseconds, cpuMilliseconds };

    const { lambdaRequests, lambdaGigabyteSeconds = 0 } = lambdaUsage(report);

    expect(lambdaRequests).toBe(1);
    expect(lambdaGigabyteSeconds / (memoryMegabytes / 1024)).toBeCloseTo(seconds, 2);
  },
);

test('the start of an environment is paid for like any other time, and time is rounded up to a millisecond', () => {
  const report = { functionName: 'f', memoryMegabytes: 1024, milliseconds: 0.2, cpuMilliseconds: 0 };

  expect(lambdaUsage(report)).toEqual({ lambdaRequests: 1, lambdaGigabyteSeconds: 0.031 });
  expect(lambdaUsage({ ...report, initMilliseconds: 500 })).toEqual({
    lambdaRequests: 1,
    lambdaGigabyteSeconds: 0.531,
  });
});

test('a log line is counted in bytes, with what CloudWatch puts around it', () => {
  expect(lineUsage('ä'.repeat(487))).toEqual({ logGigabytes: 1e-6 });
});
