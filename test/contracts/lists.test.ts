import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FreshState, IMPLEMENTATIONS, inMemory, onAws, readCache, runCache } from './state-implementations.ts';

const range = (state: FreshState, start = 0, end = -1, key = 'a') =>
  runCache(state, { op: 'lrange', key, start, end }).then(([elements]) => elements);
const push = (state: FreshState, ...elements: string[]) => runCache(state, { op: 'lpush', key: 'a', elements });

/** Three of them are more than the head of a list holds. */
const LONG = 'x'.repeat(1500);

describe.each(IMPLEMENTATIONS)('a list $name', ({ start }) => {
  const implementation = start();
  const fresh = () => implementation.fresh();

  test('has the newest element first, and as many as were pushed', async () => {
    const state = fresh();

    expect([await push(state, '1'), await push(state, '2', '3'), await push(state, '')]).toEqual([[1], [3], [4]]);

    expect(await range(state)).toEqual(['', '3', '2', '1']);
    expect(await runCache(state, { op: 'llen', key: 'a' }, { op: 'llen', key: 'missing' })).toEqual([4, 0]);
  });

  test.each([
    [0, 0, ['5']],
    [1, 2, ['4', '3']],
    [-2, -1, ['2', '1']],
    [-100, 1, ['5', '4']],
    [3, 100, ['2', '1']],
    [0, -100, []],
    [3, 2, []],
    [-1, -2, []],
    [5, 5, []],
    [0, -5, ['5']],
    [0, -6, []],
  ])('lrange %i to %i of five is %j', async (from, to, expected) => {
    const state = fresh();
    await push(state, '1', '2', '3', '4', '5');

    expect(await range(state, from, to)).toEqual(expected);
  });

  test('a range of a missing list is empty', async () => {
    expect(await range(fresh())).toEqual([]);
  });

  test('lpop takes the newest ones: null when nothing is there, fewer when there are fewer, none for 0', async () => {
    const state = fresh();
    await push(state, '1', '2', '3');
    const pop = async (count: number) => (await runCache(state, { op: 'lpop', key: 'a', count }))[0];

    expect([await pop(0), await pop(2), await pop(2), await pop(2), await pop(0)]).toEqual([
      [],
      ['3', '2'],
      ['1'],
      null,
      null,
    ]);
  });

  test.each([
    [0, 3, ['b', 'b']],
    [1, 1, ['b', 'a', 'b', 'a']],
    [2, 2, ['b', 'b', 'a']],
    [-1, 1, ['a', 'b', 'a', 'b']],
    [-2, 2, ['a', 'b', 'b']],
    [9, 3, ['b', 'b']],
    [-9, 3, ['b', 'b']],
  ])('lrem with count %i removes %i', async (count, removed, left) => {
    const state = fresh();
    await push(state, 'a', 'b', 'a', 'b', 'a');

    expect(await runCache(state, { op: 'lrem', key: 'a', count, element: 'a' })).toEqual([removed]);
    expect(await range(state)).toEqual(left);
    expect(await runCache(state, { op: 'lrem', key: 'a', count, element: 'c' })).toEqual([0]);
  });

  test('a list without elements is gone: the key can be anything next, without the earlier expiry', async () => {
    const state = fresh();
    const elements = [LONG, LONG, LONG, LONG];
    for (const takeAll of [
      { op: 'lpop', key: 'a', count: 4 },
      { op: 'lrem', key: 'a', count: 0, element: LONG },
      { op: 'expire', key: 'a', seconds: 0 },
    ] as const) {
      await runCache(state, { op: 'lpush', key: 'a', elements }, { op: 'expire', key: 'a', seconds: 60 });

      await runCache(state, takeAll);

      expect(await readCache(state, 'a')).toEqual([null]);
      expect(await runCache(state, { op: 'expire', key: 'a', seconds: 5 })).toEqual([false]);
      expect(await runCache(state, { op: 'lpush', key: 'a', elements: ['new'] })).toEqual([1]);
      state.pass(100_000);
      expect(await range(state)).toEqual(['new']);
      await runCache(state, { op: 'lpop', key: 'a', count: 1 });
      expect(await runCache(state, { op: 'increment', key: 'a', by: 1 })).toEqual([1]);
      await runCache(state, { op: 'expire', key: 'a', seconds: 0 });
    }
  });

  test('set over a list replaces it, and a list after that begins empty', async () => {
    const state = fresh();
    await push(state, LONG, LONG, LONG, LONG);

    await state.cache.writeMany([{ plugin: state.plugin, key: 'a', value: 'text' }]);
    expect(await readCache(state, 'a')).toEqual(['text']);
    await state.cache.writeMany([{ plugin: state.plugin, key: 'a' }]);

    expect([await push(state, '1'), await range(state)]).toEqual([[1], ['1']]);
  });

  test('a list expires as a whole, and its expiry can be renewed and shortened', async () => {
    const state = fresh();
    await push(state, LONG, LONG, LONG, LONG);
    const expire = (seconds: number) => runCache(state, { op: 'expire', key: 'a', seconds });

    await expire(100);
    state.pass(99_000);
    await push(state, LONG, LONG, LONG);
    expect(await expire(1_000_000)).toEqual([true]);
    state.pass(999_000_000);
    expect(await runCache(state, { op: 'llen', key: 'a' })).toEqual([7]);
    await expire(10);
    state.pass(11_000);

    expect([await range(state), await readCache(state, 'a'), await push(state, '1')]).toEqual([[], [null], [1]]);
    state.pass(1_000_000_000);
    expect(await range(state)).toEqual(['1']);
  });

  test('a list keeps what a text cannot: lone surrogates, NUL, quotes', async () => {
    const state = fresh();
    const elements = ['\ud800', '\0', '"', '\\', '😀', '\n'];

    await push(state, ...elements);

    expect(await range(state)).toEqual(elements.toReversed());
    expect(await runCache(state, { op: 'lrem', key: 'a', count: 1, element: '\ud800' })).toEqual([1]);
  });
});

describe('a list on DynamoDB and one in memory', () => {
  const [aws, memory] = [onAws(), inMemory()];

  const element = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c') },
    { weight: 3, arbitrary: fc.constantFrom('d', 'e').map((letter) => letter.repeat(1400)) },
    { weight: 1, arbitrary: fc.constantFrom('f', 'g').map((letter) => letter.repeat(90_000)) },
  );
  const index = fc.oneof(fc.integer({ min: -6, max: 6 }), fc.integer({ min: -40, max: 40 }));
  const seconds = fc.constantFrom(-1, 0, 1, 5, 5, 100_000, 300_000);
  const command = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ op: fc.constant('lpush'), elements: fc.array(element, { minLength: 1, maxLength: 8 }) }),
    },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('lrange'), start: index, end: index }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('llen') }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('lrem'), count: fc.integer({ min: -3, max: 3 }), element }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('lpop'), count: fc.integer({ min: 0, max: 9 }) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('expire'), seconds }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('increment'), by: fc.integer({ min: -5, max: 5 }) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('set'), value: fc.constantFrom('7', 'text', '"7"') }) },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('set'),
        value: fc.constantFrom('7', 'text'),
        expiresInSeconds: fc.constantFrom(1, 5),
      }),
    },
  );
  const step = fc.record({
    passSeconds: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(1, 5, 200_000) },
    ),
    commands: fc.array(
      fc.tuple(fc.constantFrom('k', 'k', 'k', 'l'), command).map(([key, rest]) => ({ key, ...rest })),
      { minLength: 1, maxLength: 5 },
    ),
  });

  test('answer any sequence of commands alike', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const [one, other] = [aws.fresh(), memory.fresh()];
        // Expiries end with a second in the table.
        for (const state of [one, other]) state.pass(500);
        for (const { passSeconds, commands } of steps) {
          for (const state of [one, other]) state.pass(passSeconds * 1000);
          expect(await runCache(one, ...(commands as never[]))).toEqual(
            await runCache(other, ...(commands as never[])),
          );
        }
        expect(await readCache(one, 'k', 'l')).toEqual(await readCache(other, 'k', 'l'));
        for (const key of ['k', 'l']) expect(await range(one, 0, -1, key)).toEqual(await range(other, 0, -1, key));
      }),
      { numRuns: 60 },
    );
  });
});
