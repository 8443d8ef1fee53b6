import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { createObjectBucket } from '../../shared/aws/object-bucket.ts';
import { createCacheStore } from '../../shared/state/cache-store.ts';
import { objectKey } from '../../shared/state/state-key.ts';
import { createSweepLargeTexts } from '../../shared/state/sweep-large-texts.ts';
import { createTableCalls } from '../../shared/state/table-calls.ts';
import {
  type FreshState,
  NOT_AN_INTEGER,
  onAws,
  readCache,
  runCache,
  runStorage,
  WRONG_TYPE,
} from './state-implementations.ts';

const aws = onAws();

const DAY_MILLISECONDS = 86_400_000;
const large = (letter: string) => letter.repeat(500_000);

/** Keys of all objects. */
async function objects(): Promise<string[]> {
  const { Contents = [] } = await aws.bucket.s3.send(new ListObjectsV2Command({ Bucket: aws.bucket.bucket }));
  return Contents.map(({ Key }) => Key as string);
}

async function emptyBucket(): Promise<void> {
  await createObjectBucket(aws.bucket.s3, aws.bucket.bucket).remove(await objects());
}

const write = ({ cache, plugin }: FreshState, key: string, value?: string, expiresInSeconds?: number) =>
  cache.writeMany([
    {
      plugin,
      key,
      ...(value === undefined ? {} : { value }),
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
    },
  ]);

test('a text above 400 KB is read like any other, next to small ones, with any key, in cache and storage', async () => {
  const state = aws.fresh();
  const { cache, storage, plugin } = state;
  const keys = ['a', '', '\0', 'a\ud800', 'ä'.repeat(3000), '../x?y#z'];
  const entries = keys.map((key, index) => ({ plugin, key, value: `"${large(String(index))}ä😀"` }));

  expect(await cache.writeMany([...entries, { plugin, key: 'small', value: '1' }])).toEqual([]);
  expect(await storage.writeMany(entries)).toEqual([]);

  expect(await readCache(state, ...keys, 'small')).toEqual([...entries.map(({ value }) => value), '1']);
  expect(await storage.readMany(keys.map((key) => ({ plugin, key })))).toEqual(entries.map(({ value }) => value));
});

test('what an item just holds stays in the table, one byte more goes to S3', async () => {
  await emptyBucket();
  const state = aws.fresh();
  const around = `pkcache#${state.plugin}#xskvaluevalue`.length;
  const largest = 'v'.repeat(409_600 - around);

  await write(state, 'x', largest);
  expect(await objects()).toHaveLength(0);
  await write(state, 'x', `${largest}v`);
  expect(await objects()).toHaveLength(1);

  expect(await readCache(state, 'x')).toEqual([`${largest}v`]);
});

test('a text of 10 MB is stored, one above is refused with its size, and its neighbours are stored', async () => {
  const state = aws.fresh();
  const { cache, plugin } = state;
  const most = 'm'.repeat(10_000_000);

  const failures = await cache.writeMany([
    { plugin, key: 'a', value: '1' },
    { plugin, key: 'b', value: most },
    { plugin, key: 'c', value: `${most}m` },
  ]);
  const [refused] = await runStorage(state, { op: 'set', key: 'd', value: `${most}m` });

  const message = 'the value has 10000001 bytes; at most 10000000 can be stored';
  expect(failures).toEqual([
    { plugin, key: 'c', message: `cache.set of plugin config ${plugin}, key "c": ${message}` },
  ]);
  expect(refused).toBe(`Error: storage.set of plugin config ${plugin}, key "d": ${message}`);
  expect((await readCache(state, 'a', 'b', 'c')).map((text) => (text as string | null)?.length)).toEqual([
    1,
    10_000_000,
    undefined,
  ]);
});

test('of large texts that are too many at once some are for later, but never all, and small ones are there', async () => {
  const state = aws.fresh();
  const sizes = { a: 6_000_000, b: 6_000_000, c: 2_000_000, d: 1_900_000 };
  for (const [key, size] of Object.entries(sizes)) await write(state, key, 'x'.repeat(size));
  await write(state, 'small', '1');
  const lengths = async (...keys: string[]) =>
    (await readCache(state, ...keys)).map((text) => (typeof text === 'string' ? text.length : text));
  const later = { later: true };

  const all = await lengths('a', 'b', 'c', 'd', 'small');
  const two = await lengths('c', 'd');

  expect(all).toHaveLength(5);
  expect(all.at(-1)).toBe(1);
  const there = all.slice(0, 4).filter((length) => typeof length === 'number');
  expect(there.length).toBeGreaterThanOrEqual(1);
  expect(there.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(10_000_000);
  expect(all.filter((length) => typeof length !== 'number')).toEqual(
    Array.from({ length: 4 - there.length }, () => later),
  );
  expect(two).toEqual([2_000_000, 1_900_000]);
});

test('a pointer that does not tell the size of its text counts as the largest', async () => {
  const state = aws.fresh();
  for (const key of ['a', 'b']) await write(state, key, large(key));
  for (const { pk, sk } of [...(await aws.itemsOf(state, 'a')), ...(await aws.itemsOf(state, 'b'))])
    await aws.table.dynamodb.send(
      new UpdateCommand({
        TableName: aws.table.table,
        Key: { pk, sk },
        UpdateExpression: 'REMOVE objectBytes',
      }),
    );

  const read = await readCache(state, 'a', 'b');

  expect(read.filter((text) => typeof text === 'string')).toHaveLength(1);
  expect(await readCache(state, 'b')).toEqual([large('b')]);
});

test('without a bucket a text above 400 KB is refused with its size, and its neighbours are stored', async () => {
  const { plugin, now } = aws.fresh();
  const store = createCacheStore({ dynamodb: aws.table.dynamodb, table: aws.table.table, now, sleep: async () => {} });

  const failures = await store.writeMany([
    { plugin, key: 'a', value: '1' },
    { plugin, key: 'y', value: 'v'.repeat(409_600) },
  ]);

  const bytes = 409_600 + `pkcache#${plugin}#yskvaluevalue`.length;
  expect(failures).toEqual([
    {
      plugin,
      key: 'y',
      message: `cache.set of plugin config ${plugin}, key "y": the entry has ${bytes} bytes with its key; at most 409600 can be stored`,
    },
  ]);
  expect(await store.readMany([{ plugin, key: 'a' }])).toEqual(['1']);
});

test('a large text expires, is a text to Redis’ commands, and can be replaced by anything', async () => {
  const state = aws.fresh();
  await write(state, 'a', large('a'), 60);
  await write(state, 'b', large('b'));

  expect(
    await runCache(
      state,
      { op: 'llen', key: 'a' },
      { op: 'increment', key: 'a', by: 1 },
      { op: 'expire', key: 'a', seconds: 120 },
      { op: 'expire', key: 'b', seconds: 0 },
    ),
  ).toEqual([WRONG_TYPE, NOT_AN_INTEGER, true, true]);
  state.pass(100_000);
  expect(await readCache(state, 'a', 'b')).toEqual([large('a'), null]);
  state.pass(21_000);
  expect(await readCache(state, 'a')).toEqual([null]);
  expect(
    await runCache(state, { op: 'increment', key: 'a', by: 1 }, { op: 'lpush', key: 'b', elements: ['x'] }),
  ).toEqual([1, 1]);
});

test.each(['NoSuchKey', 'AccessDenied'])(
  'who reads a large text while it is replaced gets the one or the other, also when S3 says %s',
  async (name) => {
    const state = aws.fresh();
    await write(state, 'a', large('a'));
    let replaced = false;
    const reader = {
      ...aws.fresh(async (command, send) => {
        if (command.constructor.name === 'GetObjectCommand' && !replaced) {
          replaced = true;
          await write(state, 'a', large('b'));
        }
        return send().catch((error: Error) => {
          throw error.name === 'NoSuchKey' ? Object.assign(error, { name }) : error;
        });
      }),
      plugin: state.plugin,
    };

    expect(await readCache(reader, 'a')).toEqual([large('b')]);
    expect(replaced).toBe(true);
  },
);

test('an object that somebody took away is an error that names it, not a miss', async () => {
  await emptyBucket();
  const state = aws.fresh();
  await write(state, 'a', large('a'));
  const [object] = await objects();
  await emptyBucket();

  await expect(readCache(state, 'a')).rejects.toThrow(`${object} is not in the bucket`);
});

test('a sweep takes away the objects that no live item points to, once they are a day old', async () => {
  await emptyBucket();
  const state = aws.fresh();
  let now = Date.now();
  state.pass(now - state.now());
  const sweep = (hasTime = () => true) =>
    createSweepLargeTexts({
      bucket: createObjectBucket(aws.bucket.s3, aws.bucket.bucket),
      table: createTableCalls({
        dynamodb: aws.table.dynamodb,
        table: aws.table.table,
        now: () => now,
        sleep: async () => {},
      }),
      now: () => now,
    })(hasTime);
  const keys = ['kept', 'kept\ud800', 'small', 'deleted', 'expired'];
  for (const key of keys) await write(state, key, large('x'), key === 'expired' ? 60 : undefined);
  await write(state, 'small', '1');
  await write(state, 'deleted');
  const lost = aws.fresh((command, send) =>
    command.constructor.name === 'PutCommand' ? Promise.reject(new Error('The process died')) : send(),
  );
  await expect(write(lost, 'kept', large('y'))).rejects.toThrow('died');
  await createObjectBucket(aws.bucket.s3, aws.bucket.bucket).put('values/of-somebody-else', 'z');

  expect(await sweep()).toEqual({ seen: 7, removed: 0, isComplete: true });
  now += DAY_MILLISECONDS + 60_000;
  expect(await sweep()).toEqual({ seen: 7, removed: 4, isComplete: true });

  expect(await readCache(state, 'kept', 'kept\ud800', 'small', 'deleted')).toEqual([large('x'), large('x'), '1', null]);
  expect(await sweep()).toEqual({ seen: 3, removed: 0, isComplete: true });
});

test('a sweep that has no more time ends after what is under way, and the next one does the rest', async () => {
  await emptyBucket();
  const bucket = createObjectBucket(aws.bucket.s3, aws.bucket.bucket);
  for (let n = 0; n < 250; n++) await bucket.put(objectKey({ pk: `cache#0#${n}`, sk: 'value' }, 'id'), 'x');
  const sweep = createSweepLargeTexts({
    bucket,
    table: createTableCalls({ ...aws.table, now: Date.now, sleep: async () => {} }),
    now: () => Date.now() + DAY_MILLISECONDS + 60_000,
  });

  const [first, second] = [await sweep(() => false), await sweep(() => true)];

  expect([first, second]).toEqual([
    { seen: 100, removed: 100, isComplete: false },
    { seen: 150, removed: 150, isComplete: true },
  ]);
});
