import { describe, expect, test } from 'vitest';
import { IMPLEMENTATIONS, NOT_AN_INTEGER, readCache, runCache } from './state-implementations.ts';

describe.each(IMPLEMENTATIONS)('a counter of the cache $name', ({ start }) => {
  const implementation = start();
  const fresh = () => implementation.fresh();

  test('increment begins at 0, adds any whole number, and is read as a text', async () => {
    const state = fresh();

    expect(
      await runCache(
        state,
        { op: 'increment', key: 'a', by: 1 },
        { op: 'increment', key: 'a', by: 41 },
        { op: 'increment', key: 'a', by: -50 },
        { op: 'increment', key: 'b', by: 0 },
      ),
    ).toEqual([1, 42, -8, 0]);
    expect(await readCache(state, 'a', 'b')).toEqual(['-8', '0']);
  });

  test.each(['5', '0', '-3'])('increment works on the number %s that was set', async (value) => {
    const state = fresh();
    await state.cache.writeMany([{ plugin: state.plugin, key: 'a', value }]);

    expect(await runCache(state, { op: 'increment', key: 'a', by: 2 })).toEqual([Number(value) + 2]);
    expect(await readCache(state, 'a')).toEqual([String(Number(value) + 2)]);
  });

  test.each(['"5"', '5.5', '5.0', '1e3', ' 5', '05', '', 'null', '{}', '99999999999999999999'])(
    'increment refuses the text %j in the words of Redis, and leaves it',
    async (value) => {
      const state = fresh();
      await state.cache.writeMany([{ plugin: state.plugin, key: 'a', value }]);

      expect(await runCache(state, { op: 'increment', key: 'a', by: 1 })).toEqual([NOT_AN_INTEGER]);
      expect(await readCache(state, 'a')).toEqual([value]);
    },
  );

  test('a counter that would be beyond what is exact is refused, and stays', async () => {
    const state = fresh();
    await state.cache.writeMany([
      { plugin: state.plugin, key: 'most', value: '9007199254740990' },
      { plugin: state.plugin, key: 'least', value: '-9007199254740991' },
    ]);

    expect(
      await runCache(
        state,
        { op: 'increment', key: 'most', by: 1 },
        { op: 'increment', key: 'most', by: 1 },
        { op: 'increment', key: 'least', by: -1 },
      ),
    ).toEqual([9007199254740991, NOT_AN_INTEGER, NOT_AN_INTEGER]);
    expect(await readCache(state, 'most', 'least')).toEqual(['9007199254740991', '-9007199254740991']);
  });

  test('an increment keeps the expiry of the key, and begins anew without one when it is over', async () => {
    const state = fresh();
    await runCache(
      state,
      { op: 'set', key: 'a', value: '5', expiresInSeconds: 60 },
      { op: 'increment', key: 'a', by: 1 },
    );

    state.pass(61_000);
    expect(await readCache(state, 'a')).toEqual([null]);
    expect(await runCache(state, { op: 'increment', key: 'a', by: 3 })).toEqual([3]);
    state.pass(1_000_000);
    expect(await readCache(state, 'a')).toEqual(['3']);
  });
});
