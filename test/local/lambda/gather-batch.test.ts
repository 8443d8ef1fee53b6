import { expect, test } from 'vitest';
import type { GatherOptions } from '../../../local/lambda/gather-batch.ts';
import { gatherBatch } from '../../../local/lambda/gather-batch.ts';
import type { SqsRecord } from '../../../local/lambda/sqs-record.ts';

const record = (messageId: string, body = ''): SqsRecord => ({
  messageId,
  receiptHandle: '',
  body,
  attributes: {},
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn',
  awsRegion: 'us-east-1',
});

interface Poll {
  most: number;
  waitSeconds: number;
}

/** A queue that gives the next of the given answers to each poll, and lets the given time pass. Then it has nothing. */
function scripted(
  answers: { records: SqsRecord[]; takesMilliseconds?: number }[],
  options: Pick<GatherOptions, 'batchSize' | 'windowSeconds'> & Partial<GatherOptions>,
) {
  let time = 1_000_000;
  const polls: Poll[] = [];
  const gather: GatherOptions = {
    now: () => time,
    signal: new AbortController().signal,
    leftOver: [],
    async receive(most, waitSeconds) {
      polls.push({ most, waitSeconds });
      const answer = answers.shift() ?? { records: [], takesMilliseconds: Math.max(waitSeconds * 1000, 100) };
      time += answer.takesMilliseconds ?? 0;
      return answer.records;
    },
    ...options,
  };
  return { gather, polls, ids: async () => (await gatherBatch(gather)).map(({ messageId }) => messageId) };
}

const records = (count: number, prefix = 'm'): SqsRecord[] =>
  Array.from({ length: count }, (_, index) => record(`${prefix}${index}`));

test('without a window, a batch is what one receive brings', async () => {
  const { ids, polls } = scripted([{ records: records(3) }], { batchSize: 10, windowSeconds: 0 });

  expect(await ids()).toEqual(['m0', 'm1', 'm2']);
  expect(polls).toEqual([{ most: 10, waitSeconds: 20 }]);
});

test('an empty queue is waited for with long polls', async () => {
  const { ids, polls } = scripted([{ records: [] }, { records: [] }, { records: records(1) }], {
    batchSize: 10,
    windowSeconds: 0,
  });

  expect(await ids()).toEqual(['m0']);
  expect(polls).toHaveLength(3);
});

test('a batch goes as soon as it is full, asking for no more than fits', async () => {
  const { ids, polls } = scripted([{ records: records(10, 'a') }, { records: records(2, 'b') }], {
    batchSize: 12,
    windowSeconds: 300,
  });

  expect(await ids()).toHaveLength(12);
  expect(polls.map(({ most }) => most)).toEqual([10, 2]);
});

test('the window starts with the first message, and a batch that is not full goes when it is over', async () => {
  const { ids, polls } = scripted(
    [
      { records: [], takesMilliseconds: 20_000 },
      { records: records(1, 'a'), takesMilliseconds: 7_000 },
      { records: records(1, 'b'), takesMilliseconds: 1_500 },
    ],
    { batchSize: 100, windowSeconds: 3 },
  );

  expect(await ids()).toEqual(['a0', 'b0']);
  // 3 s are left after the first message, 1.5 s after the second, then half a second in short polls.
  expect(polls.map(({ waitSeconds }) => waitSeconds).slice(0, 4)).toEqual([20, 20, 3, 1]);
  expect(polls.slice(4).every(({ waitSeconds }) => waitSeconds === 0)).toBe(true);
});

test('a batch stays under 6 MB of payload, and what did not fit comes first in the next', async () => {
  const megabyte = 'x'.repeat(1024 * 1024);
  const large = Array.from({ length: 8 }, (_, index) => record(`m${index}`, megabyte));
  const { ids, gather } = scripted([{ records: large }], { batchSize: 10, windowSeconds: 0 });

  expect(await ids()).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
  expect(gather.leftOver.map(({ messageId }) => messageId)).toEqual(['m5', 'm6', 'm7']);
  expect(await ids()).toEqual(['m5', 'm6', 'm7']);
});

test('an end to polling gives back what has been received, and throws when that is nothing', async () => {
  const aborted = new Error('aborted');
  const one = scripted([], { batchSize: 10, windowSeconds: 300 });
  const answers = [[record('m0')]];
  one.gather.receive = async () => answers.shift() ?? Promise.reject(aborted);

  expect(await one.ids()).toEqual(['m0']);
  await expect(one.ids()).rejects.toBe(aborted);
});
