import { expect, test } from 'vitest';
import { createEventBus } from '../../../shared/aws/event-bus.ts';
import { TEST_CREDENTIALS } from '../../support/dynamodb.ts';
import { allTaken, type BusAnswer, startEventBusServer } from '../../support/event-bus-server.ts';

const ENTRIES = [
  { detailType: 'Plugin disabled', detail: '{"a":1}', time: 1_900_000_000_500 },
  { detailType: 'Plugin recovered', detail: '{"b":2}', time: 1_900_000_001_000 },
];

const busAt = (endpoint: string) =>
  createEventBus({ bus: 'lifecycle', source: 'hoglet', endpoint, region: 'us-east-1', credentials: TEST_CREDENTIALS });

async function refusedWhen(answer: BusAnswer, limitMilliseconds = 2000) {
  await using server = await startEventBusServer(() => answer);
  const refused = await busAt(server.url).put(ENTRIES, limitMilliseconds);
  return { refused, requests: server.requests.length };
}

test('entries arrive on the bus under one source, at their times', async () => {
  await using server = await startEventBusServer(allTaken);

  const refused = await busAt(server.url).put(ENTRIES, 2000);

  expect(refused).toEqual([]);
  expect(server.requests).toEqual([
    ENTRIES.map(({ detailType, detail, time }) => ({
      EventBusName: 'lifecycle',
      Source: 'hoglet',
      DetailType: detailType,
      Detail: detail,
      Time: expect.closeTo(time / 1000, 0),
    })),
  ]);
});

test('what the bus refuses of a request is given back alone, with the reason, and whether trying again may help', async () => {
  const body = (ErrorCode: string) => ({
    FailedEntryCount: 1,
    Entries: [{ EventId: '1' }, { ErrorCode, ErrorMessage: 'because' }],
  });

  const throttled = await refusedWhen({ status: 200, body: body('ThrottlingException') });
  const malformed = await refusedWhen({ status: 200, body: body('MalformedDetail') });

  expect(throttled.refused).toEqual([{ index: 1, code: 'ThrottlingException', reason: 'because', retry: true }]);
  expect(malformed.refused).toMatchObject([{ index: 1, code: 'MalformedDetail', retry: false }]);
});

test('an entry that the answer does not mention is not taken for put', async () => {
  const { refused } = await refusedWhen({ status: 200, body: { Entries: [{ EventId: '1' }] } });

  expect(refused).toMatchObject([{ index: 1, code: 'NoAnswer', retry: true }]);
});

test.each<[string, BusAnswer, string, boolean]>([
  ['fails', { status: 500, body: { __type: 'InternalException', message: 'oh' } }, 'InternalException', true],
  ['is throttled', { status: 400, body: { __type: 'ThrottlingException' } }, 'ThrottlingException', true],
  ['is not allowed', { status: 400, body: { __type: 'AccessDeniedException' } }, 'AccessDeniedException', false],
])('when a request %s, none of it was put; the SDK does not try again by itself', async (_, answer, code, retry) => {
  const { refused, requests } = await refusedWhen(answer);

  expect(refused.map((one) => ({ ...one, reason: '' }))).toEqual(
    [0, 1].map((index) => ({ index, code, reason: '', retry })),
  );
  expect(requests).toBe(1);
});

test('a request that is never answered ends in the time it has', async () => {
  const startedAt = performance.now();

  const { refused } = await refusedWhen('never', 150.5);

  expect(performance.now() - startedAt).toBeLessThan(1500);
  expect(refused).toMatchObject([
    { index: 0, retry: true },
    { index: 1, retry: true },
  ]);
});

test('a server that is not there is a refusal like any other', async () => {
  const server = await startEventBusServer(allTaken);
  await server[Symbol.asyncDispose]();

  expect(await busAt(server.url).put(ENTRIES, 2000)).toMatchObject([
    { index: 0, reason: expect.stringContaining('ECONNREFUSED'), retry: true },
    { index: 1, retry: true },
  ]);
});
