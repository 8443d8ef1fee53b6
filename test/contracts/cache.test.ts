import { describe, expect, test } from 'vitest';
import { IMPLEMENTATIONS, readCache, runCache, WRONG_TYPE } from './state-implementations.ts';

describe.each(IMPLEMENTATIONS)('the cache $name', ({ start }) => {
  const implementation = start();
  const fresh = () => implementation.fresh();

  test('what was put is read back in the order of the keys, a missing key is null', async () => {
    const { cache, plugin } = fresh();

    const failures = await cache.writeMany([
      { plugin, key: 'a', value: '1' },
      { plugin, key: 'b', value: '{"x":"ä😀"}' },
      { plugin, key: '', value: '' },
    ]);

    const read = await cache.readMany(['b', 'missing', 'a', '', 'a'].map((key) => ({ plugin, key })));
    expect([failures, read]).toEqual([[], ['{"x":"ä😀"}', null, '1', '', '1']]);
  });

  test('every text comes back as it was, also one that looks like a number', async () => {
    const { cache, plugin } = fresh();
    const values = [
      '0',
      '-0',
      '7',
      '-7',
      '007',
      '+7',
      ' 7',
      '7.0',
      '1e3',
      '0x10',
      '9007199254740991',
      '9007199254740993',
    ];
    values.push('-9007199254740991', '99999999999999999999', 'NaN', 'null', '"7"', '', '\0', 'a\0b');

    await cache.writeMany(values.map((value, index) => ({ plugin, key: `key ${index}`, value })));

    expect(await cache.readMany(values.map((_, index) => ({ plugin, key: `key ${index}` })))).toEqual(values);
  });

  test('every plugin config has keys of its own', async () => {
    const { cache, plugin } = fresh();
    const other = fresh();

    await cache.writeMany([{ plugin, key: 'a', value: '1' }]);

    expect(
      await cache.readMany([
        { plugin: plugin * 1000, key: 'a' },
        { plugin: other.plugin, key: 'a' },
      ]),
    ).toEqual([null, null]);
  });

  test('an entry without a value is deleted, and deleting what is not there does nothing', async () => {
    const { cache, plugin } = fresh();
    await cache.writeMany([{ plugin, key: 'a', value: '1' }]);

    await cache.writeMany([
      { plugin, key: 'a' },
      { plugin, key: 'b' },
    ]);

    expect(await cache.readMany([{ plugin, key: 'a' }])).toEqual([null]);
  });

  test('when a key comes twice, the last entry counts', async () => {
    const state = fresh();
    const { cache, plugin } = state;

    await cache.writeMany([
      { plugin, key: 'a', value: '1' },
      { plugin, key: 'b' },
      { plugin, key: 'a', value: '2' },
      { plugin, key: 'b', value: '3' },
    ]);

    expect(await readCache(state, 'a', 'b')).toEqual(['2', '3']);
  });

  test('an entry lives for its expiry, at most a second longer, and is then a miss', async () => {
    const state = fresh();
    const { cache, plugin, pass } = state;
    await cache.writeMany([{ plugin, key: 'a', value: '1', expiresInSeconds: 60 }]);

    pass(59_999);
    expect(await readCache(state, 'a')).toEqual(['1']);
    pass(1_001);
    expect(await readCache(state, 'a')).toEqual([null]);
  });

  test('a later put without an expiry takes the expiry away', async () => {
    const state = fresh();
    const { cache, plugin, pass } = state;
    await cache.writeMany([{ plugin, key: 'a', value: '1', expiresInSeconds: 60 }]);
    await cache.writeMany([{ plugin, key: 'a', value: '2' }]);

    pass(1_000_000);

    expect(await readCache(state, 'a')).toEqual(['2']);
  });

  test('more entries than one call takes are all stored and all read', async () => {
    const { cache, plugin } = fresh();
    const keys = Array.from({ length: 257 }, (_, index) => `key ${index}`);

    await cache.writeMany(keys.map((key) => ({ plugin, key, value: JSON.stringify(key) })));

    expect(await cache.readMany(keys.map((key) => ({ plugin, key })))).toEqual(keys.map((key) => JSON.stringify(key)));
  });

  const hostileKeys = {
    'the empty string': '',
    NUL: '\0',
    'NUL within': 'a\0b',
    'the same without NUL': 'ab',
    emoji: '😀'.repeat(100),
    '2 KB': 'k'.repeat(2048),
    '2 KB and one': 'k'.repeat(2049),
    '10 KB': 'ä'.repeat(5000),
    'the same 10 KB with another end': `${'ä'.repeat(4999)}a`,
    'a lone surrogate': 'a\ud800',
    'another lone surrogate': 'a\udbff',
    'what UTF-8 makes of them': 'a\ufffd',
    'something with the separator': '1#a',
    'a prototype': '__proto__',
    'a hash': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  };

  test(`hostile keys work for texts, counters, lists and storage, and never meet: ${Object.keys(hostileKeys).join(', ')}`, async () => {
    const state = fresh();
    const { cache, cacheCommands, storage, plugin } = state;
    const keys = Object.values(hostileKeys);

    await cache.writeMany(keys.map((key, index) => ({ plugin, key, value: String(index) })));
    await storage.writeMany(keys.map((key, index) => ({ plugin, key, value: `"stored ${index}"` })));
    await cacheCommands.run(keys.map((key) => ({ op: 'increment', plugin, key, by: 1000 })));

    expect(await readCache(state, ...keys)).toEqual(keys.map((_, index) => String(1000 + index)));
    expect(await storage.readMany(keys.map((key) => ({ plugin, key })))).toEqual(
      keys.map((_, index) => `"stored ${index}"`),
    );
    await cache.writeMany(keys.map((key) => ({ plugin, key })));
    await cacheCommands.run(keys.map((key, index) => ({ op: 'lpush', plugin, key, elements: [String(index)] })));
    const ranges = await cacheCommands.run(keys.map((key) => ({ op: 'lrange', plugin, key, start: 0, end: -1 })));
    expect(ranges).toEqual(keys.map((_, index) => ({ value: [String(index)] })));
  });

  test.each<[string, Parameters<typeof runCache>[1]]>([
    ['a text', { op: 'set', key: 'a', value: 'text', expiresInSeconds: 10 }],
    ['a list', { op: 'lpush', key: 'a', elements: ['x'] }],
  ])('what has expired is nothing: %s is a counter or a list next', async (_, before) => {
    const state = fresh();
    await runCache(state, before, { op: 'expire', key: 'a', seconds: 10 });
    state.pass(11_000);

    expect(await runCache(state, { op: 'expire', key: 'a', seconds: 10 })).toEqual([false]);
    expect(await runCache(state, { op: 'lpop', key: 'a', count: 1 }, { op: 'llen', key: 'a' })).toEqual([null, 0]);
    expect(await runCache(state, { op: 'increment', key: 'a', by: 1 })).toEqual([1]);
    await runCache(state, { op: 'expire', key: 'a', seconds: 10 });
    state.pass(11_000);
    expect(await runCache(state, { op: 'lpush', key: 'a', elements: ['y'] })).toEqual([1]);
  });

  test('expire says whether the key was there, sets and renews the expiry, and deletes at 0 or less', async () => {
    const state = fresh();
    const expire = (key: string, seconds: number) => runCache(state, { op: 'expire', key, seconds });
    await runCache(state, { op: 'set', key: 'a', value: 'x' }, { op: 'set', key: 'b', value: '1' });

    expect([await expire('missing', 5), await expire('missing', 0)]).toEqual([[false], [false]]);
    expect(await expire('a', 100)).toEqual([true]);
    state.pass(99_000);
    expect(await expire('a', 100)).toEqual([true]);
    state.pass(99_000);
    expect(await readCache(state, 'a')).toEqual(['x']);
    state.pass(2_000);
    expect([await readCache(state, 'a'), await expire('a', 100)]).toEqual([[null], [false]]);
    expect([await expire('b', -1), await expire('b', 5), await readCache(state, 'b')]).toEqual([
      [true],
      [false],
      [null],
    ]);
  });

  test('what is set before a command is there for it', async () => {
    const state = fresh();

    expect(
      await runCache(
        state,
        { op: 'set', key: 'a', value: '9' },
        { op: 'increment', key: 'a', by: 1 },
        { op: 'set', key: 'a', value: 'x' },
        { op: 'llen', key: 'a' },
        { op: 'expire', key: 'a', seconds: 0 },
        { op: 'lpush', key: 'a', elements: ['1'] },
        { op: 'increment', key: 'a', by: 1 },
      ),
    ).toEqual([null, 10, null, WRONG_TYPE, true, 1, WRONG_TYPE]);
  });

  test('commands of many keys are answered in the order in which they were given', async () => {
    const state = fresh();
    const keys = Array.from({ length: 100 }, (_, index) => `key ${index % 40}`);

    const answers = await runCache(state, ...keys.map((key, by) => ({ op: 'increment', key, by }) as const));

    expect(answers).toEqual(keys.map((_, by) => (by < 40 ? by : by < 80 ? by + by - 40 : by + by - 40 + by - 80)));
  });

  test('a text refuses the commands of lists, a list those of texts', async () => {
    const state = fresh();
    await runCache(state, { op: 'set', key: 'text', value: '1' }, { op: 'lpush', key: 'list', elements: ['1'] });

    expect(
      await runCache(
        state,
        { op: 'lpush', key: 'text', elements: ['2'] },
        { op: 'lrange', key: 'text', start: 0, end: -1 },
        { op: 'llen', key: 'text' },
        { op: 'lrem', key: 'text', count: 0, element: '1' },
        { op: 'lpop', key: 'text', count: 1 },
        { op: 'increment', key: 'list', by: 1 },
      ),
    ).toEqual(Array(6).fill(WRONG_TYPE));
    expect(await readCache(state, 'text', 'list')).toEqual([
      '1',
      'WRONGTYPE Operation against a key holding the wrong kind of value',
    ]);
  });
});
