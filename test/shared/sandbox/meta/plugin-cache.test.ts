import { afterAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

test.each([
  ['reads what was set, parsed', `await cache.set('k', { a: [1, null] }); return cache.get('k')`, { a: [1, null] }],
  ['keeps 0', `await cache.set('k', 0); return cache.get('k', 5)`, 0],
  ['keeps false', `await cache.set('k', false); return cache.get('k', 5)`, false],
  ['keeps an empty text', `await cache.set('k', ''); return cache.get('k', 5)`, ''],
  ['gives the default on a miss', `return cache.get('k', { none: true })`, { none: true }],
  ['gives null on a miss without a default', `return cache.get('k')`, null],
  ['gives null for undefined that was set', `await cache.set('k', undefined); return cache.get('k', 5)`, null],
  [
    'stores text as it is without jsonSerialize',
    `await cache.set('k', 'raw"', undefined, { jsonSerialize: false }); return cache.get('k', 5, { jsonSerialize: false })`,
    'raw"',
  ],
  [
    'gives null for text that is no JSON',
    `await cache.set('k', '{', 0, { jsonSerialize: false }); return cache.get('k', 5)`,
    null,
  ],
  [
    'gives null for an empty raw text',
    `await cache.set('k', '', 0, { jsonSerialize: false }); return cache.get('k', 5, { jsonSerialize: false })`,
    null,
  ],
  ['takes a number as key', `await cache.set(7, 1); return cache.get('7')`, 1],
  ['sees a set that was not awaited', `cache.set('k', 1); return cache.get('k')`, 1],
  ['counts from nothing with incr', `return [await cache.incr('k'), await cache.incr('k')]`, [1, 2]],
  ['counts on from a number that was set', `cache.set('k', 5); return cache.incr('k')`, 6],
  ['reads what incr has counted, awaited or not', `cache.incr('k'); cache.incr('k'); return cache.get('k')`, 2],
  [
    'keeps a set after an increment',
    `cache.incr('k'); cache.set('k', 9); return [await cache.get('k'), await cache.incr('k')]`,
    [9, 10],
  ],
  [
    'refuses to count text',
    `await cache.set('k', 'five'); return cache.incr('k')`,
    'ReplyError: ERR value is not an integer or out of range',
  ],
  [
    'says of expire whether the key was there',
    `await cache.incr('k'); return [await cache.expire('k', 60), await cache.expire('none', 60)]`,
    [true, false],
  ],
  [
    'lets a set that is not stored yet expire',
    `cache.set('k', 1); return [await cache.expire('k', 60), await cache.get('k')]`,
    [true, 1],
  ],
  [
    'deletes with expire(k, 0)',
    `await cache.set('k', 1); return [await cache.expire('k', 0), await cache.get('k', 'gone'), await cache.expire('k', 5)]`,
    [true, 'gone', false],
  ],
  [
    'pushes to the front, newest first',
    `await cache.lpush('k', 'a'); return [await cache.lpush('k', ['b', 'c']), await cache.lrange('k', 0, -1)]`,
    [3, ['c', 'b', 'a']],
  ],
  [
    'makes text of pushed elements',
    `await cache.lpush('k', [1, {}, null]); return cache.lrange('k', 0, 9)`,
    ['null', '[object Object]', '1'],
  ],
  [
    'refuses to push a number',
    `return cache.lpush('k', 1)`,
    'Error: cache.lpush expects a string value or an array of strings',
  ],
  [
    'refuses to push more than 1000',
    `return cache.lpush('k', Array(1001).fill('x'))`,
    'IllegalOperationError: Too many elements in array for cache.lpush. Maximum: 1000',
  ],
  [
    'refuses to push nothing',
    `return cache.lpush('k', [])`,
    "ReplyError: ERR wrong number of arguments for 'lpush' command",
  ],
  [
    'ranges inclusively, also from the end',
    `await cache.lpush('k', ['c', 'b', 'a']); return [await cache.lrange('k', 0, 1), await cache.lrange('k', -2, -1)]`,
    [
      ['a', 'b'],
      ['b', 'c'],
    ],
  ],
  ['ranges over nothing', `return cache.lrange('k', 0, 1)`, []],
  [
    'refuses a range without numbers',
    `return cache.lrange('k', '0', 1)`,
    'Error: cache.lrange expects a number for the start and end indexes',
  ],
  [
    'tells the length of a list',
    `await cache.lpush('k', ['a', 'b']); return [await cache.llen('k'), await cache.llen('none')]`,
    [2, 0],
  ],
  [
    'removes elements from a list',
    `await cache.lpush('k', ['a', 'b', 'a']); return [await cache.lrem('k', 1, 'a'), await cache.lrange('k', 0, -1)]`,
    [1, ['b', 'a']],
  ],
  [
    'refuses to remove without a count',
    `return cache.lrem('k', 'a', 'b')`,
    'Error: cache.lrem expects a number for the "count" argument',
  ],
  [
    'pops from the front',
    `await cache.lpush('k', ['a', 'b', 'c']); return [await cache.lpop('k', 2), await cache.llen('k')]`,
    [['c', 'b'], 1],
  ],
  ['pops null from nothing', `return cache.lpop('k', 1)`, null],
  [
    'refuses to pop without a count',
    `return cache.lpop('k')`,
    'Error: cache.lpop expects a number for the "count" argument',
  ],
  [
    'refuses to push onto text',
    `await cache.set('k', 1); return cache.lpush('k', 'a')`,
    'ReplyError: WRONGTYPE Operation against a key holding the wrong kind of value',
  ],
  [
    'refuses to read a list as a value',
    `await cache.lpush('k', 'a'); return cache.get('k')`,
    'ReplyError: WRONGTYPE Operation against a key holding the wrong kind of value',
  ],
  [
    'refuses a time to live that is no number',
    `return cache.set('k', 1, 'soon')`,
    'ReplyError: ERR value is not an integer or out of range',
  ],
  [
    'refuses a time to live before now',
    `return cache.set('k', 1, -5)`,
    "ReplyError: ERR invalid expire time in 'set' command",
  ],
  [
    'refuses what JSON cannot say',
    `const a = {}; a.a = a; return cache.set('k', a).catch((error) => error instanceof TypeError || error.name)`,
    'TypeError',
  ],
  [
    'rejects with errors of the plugin’s own realm',
    `return cache.lpop('k').catch((error) => error instanceof Error)`,
    true,
  ],
  [
    'answers with values and promises of the plugin’s own realm',
    `await cache.lpush('k', 'a'); return [cache.get('x') instanceof Promise, (await cache.lrange('k', 0, 1)) instanceof Array, cache.get instanceof Function, cache instanceof Object]`,
    [true, true, true, true],
  ],
  [
    'lets a write to itself pass without effect, also in strict code',
    `'use strict'; cache.get = 1; cache.mine = 1; delete cache.set; return [typeof cache.get, typeof cache.mine, typeof cache.set]`,
    ['function', 'undefined', 'function'],
  ],
])('meta.cache %s', async (_, body, expected) => {
  const { result } = await run(body);

  expect(result).toEqual(expected);
});

test('meta.cache.set with a time to live expires, text from a config included; one without takes it away', async () => {
  const { plugin } = await run(
    `await cache.set('short', 1, '60'); await cache.set('kept', 1, 60); await cache.set('kept', 2)`,
  );

  expect(host.memory.expiries.get(`${plugin}:short`)).toBeGreaterThan(Date.now() + 50_000);
  expect(host.memory.expiries.has(`${plugin}:kept`)).toBe(false);
});

test('every plugin config has cache keys of its own', async () => {
  await run(`await cache.set('shared', 1); await cache.incr('counter')`);

  const { result } = await run(`return [await cache.get('shared'), await cache.incr('counter')]`);

  expect(result).toEqual([null, 1]);
});

test('increments that are outstanding together are one atomic addition, whose range is shared out', async () => {
  const from = host.memory.calls.length;

  const { result, plugin } = await run(
    `await cache.set('k', 5); return Promise.all(Array.from({ length: 10 }, () => cache.incr('k')))`,
  );

  const runs = host.memory.calls.slice(from).filter(({ service }) => service === 'cache.run');
  expect(result).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  expect(runs).toEqual([{ service: 'cache.run', count: 2 }]);
  expect(host.memory.texts.get(`${plugin}:k`)).toBe('15');
});

test('a batch that counts by get and set costs one read and one write of the cache', async () => {
  const from = host.memory.calls.length;

  const { plugin } = await run(`const n = await cache.get('n', 0); cache.set('n', n + 1)`, { events: 50 });

  expect(host.memory.calls.slice(from)).toEqual([
    { service: 'cache.read', count: 1 },
    { service: 'cache.write', count: 1 },
  ]);
  expect(Number(host.memory.texts.get(`${plugin}:n`))).toBeGreaterThan(0);
});

test('a command that nobody awaits is carried out before the batch ends', async () => {
  const { plugin } = await run(`cache.lpush('list', 'a'); cache.incr('n')`);

  expect(host.memory.lists.get(`${plugin}:list`)).toEqual(['a']);
  expect(host.memory.texts.get(`${plugin}:n`)).toBe('1');
});

test('a command that nobody awaits and that fails is recorded as the plugin’s error', async () => {
  const { batch, plugin } = await run(`cache.lpush('list', 5)`);

  expect(batch.errors).toMatchObject([
    {
      plugin,
      count: 1,
      last: { hook: 'unhandled', message: 'cache.lpush expects a string value or an array of strings' },
    },
  ]);
});

test('cache commands that the parent does not have fail in the plugin, with the name of what is missing', async () => {
  const without = createPluginCalls({}, ({ cache, warn }) => ({ cache, warn }));

  const { result, batch } = await without.run(
    `cache.set('k', 1); return cache.incr('k').catch((error) => error.message)`,
  );

  await without.host.stop();
  expect(result).toBe(
    'Not available here: the list, counter and expiry commands of meta.cache. This function has no "cache.run" service.',
  );
  expect(batch.failure).toBeUndefined();
  expect(without.host.memory.texts.get('1:k')).toBe('1');
});
