import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCacheStore } from '../../shared/state/cache-store.ts';
import { startTestTable, type TestTable } from '../support/dynamodb.ts';

let database: TestTable;
beforeAll(async () => {
  database = await startTestTable();
});
afterAll(() => database[Symbol.asyncDispose]());

let plugins = 0;

/** A store with a clock that the test moves, and a plugin config that has nothing in it yet. */
function emptyCache() {
  let time = 1_700_000_000_500;
  const store = createCacheStore({
    dynamodb: database.dynamodb,
    table: database.table,
    now: () => time,
    sleep: () => Promise.reject(new Error('Nothing is throttled here')),
  });
  return { store, plugin: ++plugins, pass: (milliseconds: number) => void (time += milliseconds) };
}

test('what was put is read back in the order of the keys, a missing key is null', async () => {
  const { store, plugin } = emptyCache();

  const failures = await store.writeMany([
    { plugin, key: 'a', value: '1' },
    { plugin, key: 'b', value: '{"x":"ä😀"}' },
    { plugin, key: '', value: '' },
  ]);

  const read = await store.readMany(['b', 'missing', 'a', '', 'a'].map((key) => ({ plugin, key })));
  expect([failures, read]).toEqual([[], ['{"x":"ä😀"}', null, '1', '', '1']]);
});

test('every plugin config has keys of its own', async () => {
  const { store, plugin } = emptyCache();

  await store.writeMany([{ plugin, key: 'a', value: '1' }]);

  expect(
    await store.readMany([
      { plugin: plugin * 10, key: 'a' },
      { plugin: ++plugins, key: 'a' },
    ]),
  ).toEqual([null, null]);
});

test('an entry without a value is deleted, and deleting what is not there does nothing', async () => {
  const { store, plugin } = emptyCache();
  await store.writeMany([{ plugin, key: 'a', value: '1' }]);

  await store.writeMany([
    { plugin, key: 'a' },
    { plugin, key: 'b' },
  ]);

  expect(await store.readMany([{ plugin, key: 'a' }])).toEqual([null]);
});

test('when a key comes twice, the last entry counts', async () => {
  const { store, plugin } = emptyCache();

  await store.writeMany([
    { plugin, key: 'a', value: '1' },
    { plugin, key: 'b' },
    { plugin, key: 'a', value: '2' },
    { plugin, key: 'b', value: '3' },
  ]);

  expect(
    await store.readMany([
      { plugin, key: 'a' },
      { plugin, key: 'b' },
    ]),
  ).toEqual(['2', '3']);
});

test('an entry lives for its expiry, at most a second longer, and is then a miss', async () => {
  const { store, plugin, pass } = emptyCache();
  await store.writeMany([{ plugin, key: 'a', value: '1', expiresInSeconds: 60 }]);

  const read = async () => (await store.readMany([{ plugin, key: 'a' }]))[0];

  pass(60_000);
  expect(await read()).toBe('1');
  pass(1_000);
  expect(await read()).toBeNull();
});

test('a later put without an expiry takes the expiry away', async () => {
  const { store, plugin, pass } = emptyCache();
  await store.writeMany([{ plugin, key: 'a', value: '1', expiresInSeconds: 60 }]);
  await store.writeMany([{ plugin, key: 'a', value: '2' }]);

  pass(1_000_000);

  expect(await store.readMany([{ plugin, key: 'a' }])).toEqual(['2']);
});

test('more entries than one call takes are all stored and all read', async () => {
  const { store, plugin } = emptyCache();
  const keys = Array.from({ length: 257 }, (_, index) => `key ${index}`);

  await store.writeMany(keys.map((key) => ({ plugin, key, value: JSON.stringify(key) })));

  expect(await store.readMany(keys.map((key) => ({ plugin, key })))).toEqual(keys.map((key) => JSON.stringify(key)));
});

test('keys longer than DynamoDB takes work, and stay apart', async () => {
  const { store, plugin } = emptyCache();
  const [one, other] = [`${'k'.repeat(5000)}1`, `${'k'.repeat(5000)}2`];

  await store.writeMany([
    { plugin, key: one, value: '1' },
    { plugin, key: other, value: '2' },
  ]);

  expect(
    await store.readMany([
      { plugin, key: one },
      { plugin, key: other },
    ]),
  ).toEqual(['1', '2']);
});

test('lone surrogates do no harm', async () => {
  const { store, plugin } = emptyCache();

  await store.writeMany([
    { plugin, key: 'a\ud800', value: '"\ud800"' },
    { plugin, key: 'a\udbff', value: '2' },
  ]);

  expect(
    await store.readMany([
      { plugin, key: 'a\ud800' },
      { plugin, key: 'a\udbff' },
    ]),
  ).toEqual(['2', '2']);
});

test('an entry of exactly 400 KB is stored, one byte more is refused with its size, and its neighbours are stored', async () => {
  const { store, plugin } = emptyCache();
  const around = `pkcache#${plugin}#xskvaluevalue`.length;
  const largest = 'v'.repeat(409_600 - around);

  const failures = await store.writeMany([
    { plugin, key: 'a', value: '1' },
    { plugin, key: 'x', value: largest },
    { plugin, key: 'y', value: `${largest}v` },
  ]);

  expect(failures).toEqual([
    {
      plugin,
      key: 'y',
      message: `cache.set of plugin config ${plugin}, key "y": the entry has 409601 bytes with its key; at most 409600 can be stored`,
    },
  ]);
  const read = await store.readMany(['a', 'x', 'y'].map((key) => ({ plugin, key })));
  expect(read.map((value) => value?.length)).toEqual([1, largest.length, undefined]);
});

test('entries that are more than 16 MB together are all stored and all read', async () => {
  const { store, plugin } = emptyCache();
  const keys = Array.from({ length: 60 }, (_, index) => String(index));

  await store.writeMany(keys.map((key) => ({ plugin, key, value: key.padEnd(400_000) })));

  const read = await createCacheStore({
    dynamodb: database.dynamodb,
    table: database.table,
    now: () => 0,
    sleep: async () => {},
  }).readMany(keys.map((key) => ({ plugin, key })));
  expect(read.map((value) => value?.trimEnd())).toEqual(keys);
});

test('an expiry that is no number is refused, and its neighbours are stored', async () => {
  const { store, plugin } = emptyCache();

  const failures = await store.writeMany([
    { plugin, key: 'a', value: '1', expiresInSeconds: 'soon' as unknown as number },
    { plugin, key: 'b', value: '2' },
  ]);

  expect(failures).toEqual([
    {
      plugin,
      key: 'a',
      message: `cache.set of plugin config ${plugin}, key "a": the expiry must be a number of seconds; got "soon"`,
    },
  ]);
  expect(
    await store.readMany([
      { plugin, key: 'a' },
      { plugin, key: 'b' },
    ]),
  ).toEqual([null, '2']);
});
