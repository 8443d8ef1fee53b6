import { expect, test } from 'vitest';
import { type FreshState, onAws, runCache, runStorage } from './state-implementations.ts';

const aws = onAws();

/** Counts the calls that `act` makes, by name, in the order of the first of each. */
async function callsOf(
  act: (state: FreshState) => Promise<unknown>,
  prepare?: (state: FreshState) => Promise<unknown>,
) {
  const calls: Record<string, number> = {};
  let counts = false;
  const state = aws.fresh(({ constructor: { name } }, send) => {
    if (counts) calls[name] = (calls[name] ?? 0) + 1;
    return send();
  });
  await prepare?.(state);
  counts = true;
  await act(state);
  return calls;
}

const many = (count: number) => Array.from({ length: count }, (_, index) => index);
const LONG = 'x'.repeat(1500);
const tenLong = (state: FreshState) =>
  runCache(state, { op: 'lpush', key: 'k', elements: many(10).map((index) => `${index}${LONG}`) });
const oneShort = (state: FreshState) => runCache(state, { op: 'lpush', key: 'k', elements: ['a'] });

test.each<[string, Parameters<typeof callsOf>, Record<string, number>]>([
  [
    'an increment is one write',
    [(state) => runCache(state, { op: 'increment', key: 'k', by: 7 })],
    { UpdateCommand: 1 },
  ],
  [
    'an increment after a set of a number is one write',
    [
      (state) => runCache(state, { op: 'increment', key: 'k', by: 7 }),
      (state) => runCache(state, { op: 'set', key: 'k', value: '5' }),
    ],
    { UpdateCommand: 1 },
  ],
  [
    'an increment of an expired key looks and writes again',
    [
      (state) => runCache(state, { op: 'increment', key: 'k', by: 7 }),
      async (state) => {
        await runCache(state, { op: 'set', key: 'k', value: '5', expiresInSeconds: 1 });
        state.pass(5000);
      },
    ],
    { UpdateCommand: 1, GetCommand: 1, PutCommand: 1 },
  ],
  [
    'an expiry of a text is one write',
    [
      (state) => runCache(state, { op: 'expire', key: 'k', seconds: 7 }),
      (state) => runCache(state, { op: 'set', key: 'k', value: 'a' }),
    ],
    { UpdateCommand: 1 },
  ],
  ['a push is one read and one write', [oneShort, oneShort], { GetCommand: 1, UpdateCommand: 1 }],
  [
    '300 pushes to one list that are asked for together are one read and one write',
    [
      (state) => runCache(state, ...many(300).map(() => ({ op: 'lpush' as const, key: 'k', elements: ['a'] }))),
      oneShort,
    ],
    { GetCommand: 1, UpdateCommand: 1 },
  ],
  [
    'a push and an expiry are one read and one write',
    [
      (state) => runCache(state, { op: 'lpush', key: 'k', elements: ['a'] }, { op: 'expire', key: 'k', seconds: 60 }),
      oneShort,
    ],
    { GetCommand: 1, UpdateCommand: 1 },
  ],
  ['a push to a long list is one read and one write', [oneShort, tenLong], { GetCommand: 1, UpdateCommand: 1 }],
  [
    'a push that joins the newest chunk reads and replaces it',
    [
      (state) => runCache(state, { op: 'lpush', key: 'k', elements: many(11).map((index) => `${index}${LONG}`) }),
      tenLong,
    ],
    { GetCommand: 1, BatchGetCommand: 1, BatchWriteCommand: 2, UpdateCommand: 1 },
  ],
  [
    'the length of a list is one read',
    [(state) => runCache(state, { op: 'llen', key: 'k' }), tenLong],
    { GetCommand: 1 },
  ],
  [
    'a range of what the head does not hold is two reads',
    [(state) => runCache(state, { op: 'lrange', key: 'k', start: 0, end: -1 }), tenLong],
    { GetCommand: 1, BatchGetCommand: 1 },
  ],
  [
    '25 texts are one write',
    [(state) => state.cache.writeMany(many(25).map((key) => ({ plugin: state.plugin, key: String(key), value: 'a' })))],
    { BatchWriteCommand: 1 },
  ],
  [
    '100 texts are one read',
    [(state) => state.cache.readMany(many(100).map((key) => ({ plugin: state.plugin, key: String(key) })))],
    { BatchGetCommand: 1 },
  ],
  ['a cursor is one write', [(state) => runStorage(state, { op: 'increment', key: 'k', by: 7 })], { UpdateCommand: 1 }],
  ['init is one write', [(state) => runStorage(state, { op: 'init', key: 'k', value: 7 })], { PutCommand: 1 }],
  [
    'a text above 400 KB is one object and one write',
    [(state) => runCache(state, { op: 'set', key: 'k', value: 'a'.repeat(500_000) })],
    { PutObjectCommand: 1, PutCommand: 1 },
  ],
  [
    'nothing is no call',
    [(state) => Promise.all([state.cache.readMany([]), state.cache.writeMany([]), runCache(state)])],
    {},
  ],
])('%s', async (_, [act, prepare], expected) => {
  expect(await callsOf(act, prepare)).toEqual(expected);
});

test('a counter that forty processes add to still costs one write unit per addition', async () => {
  const { plugin } = aws.fresh();
  let most = 0;
  let calls = 0;
  for (let process = 0; process < 40; process++) {
    const state = { ...aws.fresh((_, send) => (calls++, send())), plugin };
    expect(await runCache(state, { op: 'increment', key: 'k', by: 1 })).toEqual([process + 1]);
    const [item] = await aws.itemsOf(state, 'k');
    most = Math.max(most, JSON.stringify(item).length);
  }

  // As JSON it has more than in the table.
  expect(most).toBeLessThan(1024);
  // Each ninth addition of a new process takes old marks away.
  expect(calls).toBeLessThanOrEqual(44);
});
