import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createObjectBucket } from '../../../shared/aws/object-bucket.ts';
import { createPluginState } from '../../../shared/state/plugin-state.ts';
import { startTestTable, type TestTable } from '../../support/dynamodb.ts';
import { createPluginCalls, type PluginCalls } from '../../support/plugin-calls.ts';
import { startTestBucket, type TestBucket } from '../../support/s3.ts';

vi.setConfig({ testTimeout: 90_000 });

let table: TestTable;
let bucket: TestBucket;
/** How much the child was given, and how often. */
let reads: { answers: number; characters: number }[];
let calls: PluginCalls;
/** Every test has a plugin config of its own. */
let plugin = 1000;
const run = (body: string) => calls.run(body, { plugin: { id: plugin } });

beforeAll(async () => {
  table = await startTestTable();
  bucket = await startTestBucket();
  const { cache, cacheCommands, storage } = createPluginState({
    ...table,
    bucket: createObjectBucket(bucket.s3, bucket.bucket),
    now: Date.now,
    sleep,
    newId: randomUUID,
    random: Math.random,
  });
  calls = createPluginCalls({ hookTimeoutSeconds: 20, heapMegabytes: 512 }, (memory) => ({
    ...memory,
    cache: {
      ...cache,
      async readMany(keys) {
        const texts = await cache.readMany(keys);
        const given = texts.filter((text) => typeof text === 'string');
        reads.push({ answers: given.length, characters: given.reduce((sum, { length }) => sum + length, 0) });
        return texts;
      },
    },
    cacheCommands,
    storage,
  }));
});
beforeEach(() => {
  reads = [];
  plugin++;
});
afterAll(async () => {
  await calls.host.stop();
  await table[Symbol.asyncDispose]();
  await bucket[Symbol.asyncDispose]();
});

test.each(['cache', 'storage'])(
  'a plugin keeps values up to 10 MB in its %s, and finds them in the next batch',
  async (kept) => {
    await run(`
    ${kept}.set('large', { text: 'ä😀'.repeat(1_000_000) });
    await ${kept}.set('largest', 'x'.repeat(9_999_998));
    ${kept}.set('small', 1);`);

    const { result } = await run(`
    const { text } = await ${kept}.get('large');
    const largest = await ${kept}.get('largest');
    return [text === 'ä😀'.repeat(1_000_000), largest.length, await ${kept}.get('small')];`);

    expect(result).toEqual([true, 9_999_998, 1]);
  },
);

test.each(['cache', 'storage'])(
  'a value of more than 10 MB is refused by %s.set with its size, and what was there stays',
  async (kept) => {
    const { result } = await run(`
    await ${kept}.set('k', 'before');
    const error = await ${kept}.set('k', 'x'.repeat(9_999_999)).catch((thrown) => thrown.message);
    return [error, await ${kept}.get('k')];`);

    expect(result).toEqual([
      `${kept}.set: the value has 10000001 bytes as text; at most 10000000 can be stored`,
      'before',
    ]);
  },
);

test('many large values are stored in several batches, and read together, a few at a time', async () => {
  for (const name of ['a', 'b', 'c'])
    await run(
      `await cache.set('${name}', '${name}'.repeat(6_000_000)); await cache.set('${name}2', '${name}'.repeat(6_000_000));`,
    );
  reads = [];

  const { result } = await run(`
    const names = ['a', 'a2', 'b', 'b2', 'c', 'c2', 'none'];
    const values = await Promise.all(names.map((name) => cache.get(name)));
    return values.map((value) => value && value[0] + value.length);`);

  expect(result).toEqual([...['a', 'a', 'b', 'b', 'c', 'c'].map((name) => `${name}6000000`), null]);
  expect(Math.max(...reads.map(({ characters }) => characters))).toBeLessThanOrEqual(10_000_000);
});

test('a large value may expire, be counted against and be replaced like any other', async () => {
  const { result } = await run(`
    await cache.set('k', 'x'.repeat(3_000_000), 60);
    const kept = await cache.expire('k', 120);
    await cache.set('l', 'x'.repeat(3_000_000));
    const counted = await cache.incr('l').catch((error) => error.message);
    await cache.set('l', 5);
    return [kept, counted, await cache.incr('l'), (await cache.get('k')).length];`);

  expect(result).toEqual([true, 'ERR value is not an integer or out of range', 6, 3_000_000]);
});
