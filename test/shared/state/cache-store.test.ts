import { expect, test } from 'vitest';
import { createCacheStore } from '../../../shared/state/cache-store.ts';

interface Input {
  RequestItems: { table: { Keys?: { pk: string }[] } & Partial<object[]> };
}

/** A table that leaves of each call what `leave` says, and remembers calls and waits. */
function throttledTable(leave: (open: number, call: number) => number) {
  const calls: number[] = [];
  const waits: number[] = [];
  const send = async ({ input: { RequestItems } }: { input: Input }) => {
    const open = (RequestItems.table.Keys ?? RequestItems.table) as { pk: string }[];
    calls.push(open.length);
    const done = open.length - leave(open.length, calls.length);
    const left = open.slice(done);
    if (RequestItems.table.Keys === undefined) return left.length > 0 ? { UnprocessedItems: { table: left } } : {};
    return {
      Responses: { table: open.slice(0, done).map((key) => ({ ...key, value: key.pk })) },
      UnprocessedKeys: left.length > 0 ? { table: { Keys: left } } : {},
    };
  };
  const store = createCacheStore({
    dynamodb: { send } as never,
    table: 'table',
    now: () => 0,
    sleep: async (milliseconds) => void waits.push(milliseconds),
  });
  return { store, calls, waits };
}

const keys = Array.from({ length: 5 }, (_, index) => ({ plugin: 1, key: String(index) }));
const values = keys.map(({ key }) => `cache#1#${key}`);

test('what a call left unprocessed is asked for again', async () => {
  const { store, calls, waits } = throttledTable((open) => Math.max(0, open - 2));

  expect(await store.readMany(keys)).toEqual(values);
  expect([calls, waits]).toEqual([
    [5, 3, 1],
    [50, 50],
  ]);
});

test('what a call left unprocessed is written again', async () => {
  const { store, calls, waits } = throttledTable((open) => Math.max(0, open - 2));

  expect(await store.writeMany(keys.map((key) => ({ ...key, value: '1' })))).toEqual([]);
  expect([calls, waits]).toEqual([
    [5, 3, 1],
    [50, 50],
  ]);
});

test('waits grow while nothing gets done', async () => {
  const { store, waits } = throttledTable((open, call) => (call <= 4 ? open : 0));

  await store.readMany(keys);

  expect(waits).toEqual([50, 100, 200, 400]);
});

test('a table that does nothing for ten seconds is an error that says so', async () => {
  const { store, waits } = throttledTable((open) => open);

  await expect(store.writeMany(keys)).rejects.toThrow('DynamoDB left 5 items unprocessed until the deadline');
  expect(waits.slice(4)).toEqual([800, 1600, 1600, 1600, 1600, 1600]);
});

test('nothing to read or write costs no call', async () => {
  const { store, calls } = throttledTable(() => 0);

  expect([await store.readMany([]), await store.writeMany([])]).toEqual([[], []]);
  expect(calls).toEqual([]);
});
