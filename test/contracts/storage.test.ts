import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FreshState, IMPLEMENTATIONS, inMemory, onAws, runStorage } from './state-implementations.ts';

const read = (state: FreshState, ...keys: string[]) =>
  state.storage.readMany(keys.map((key) => ({ plugin: state.plugin, key })));
const write = (state: FreshState, key: string, value?: string) =>
  state.storage.writeMany([{ plugin: state.plugin, key, ...(value === undefined ? {} : { value }) }]);

describe.each(IMPLEMENTATIONS)('the storage $name', ({ start }) => {
  const implementation = start();
  const fresh = () => implementation.fresh();

  test('keeps JSON texts until they are deleted, null too', async () => {
    const state = fresh();
    await state.storage.writeMany([
      { plugin: state.plugin, key: 'a', value: '{"b":[1,"ä"]}' },
      { plugin: state.plugin, key: 'null', value: 'null' },
      { plugin: state.plugin, key: 'gone', value: '1' },
    ]);
    await write(state, 'gone');
    state.pass(10 ** 12);

    expect(await read(state, 'a', 'null', 'gone', 'missing', 'a')).toEqual([
      '{"b":[1,"ä"]}',
      'null',
      null,
      null,
      '{"b":[1,"ä"]}',
    ]);
  });

  test('has keys of its own: a key of the cache is another one', async () => {
    const state = fresh();
    await state.cache.writeMany([{ plugin: state.plugin, key: 'a', value: '1' }]);

    expect(await read(state, 'a')).toEqual([null]);
    await write(state, 'a', '2');
    expect(await state.cache.readMany([{ plugin: state.plugin, key: 'a' }])).toEqual(['1']);
  });

  test.each(['1', 'null', '"text"', '0.5'])('init leaves a key that holds %s', async (value) => {
    const state = fresh();
    await write(state, 'a', value);

    expect(await runStorage(state, { op: 'init', key: 'a', value: 10 }, { op: 'init', key: 'b', value: 1.5 })).toEqual([
      null,
      null,
    ]);
    expect(await read(state, 'a', 'b')).toEqual([value, '1.5']);
  });

  test('increment adds to what init has stored; a missing key becomes what is added', async () => {
    const state = fresh();

    expect(
      await runStorage(
        state,
        { op: 'init', key: 'a', value: 10 },
        { op: 'increment', key: 'a', by: 5 },
        { op: 'increment', key: 'a', by: -20 },
        { op: 'increment', key: 'b', by: 7 },
        { op: 'increment', key: 'c', by: 0.1 },
        { op: 'increment', key: 'c', by: 0.2 },
        { op: 'increment', key: 'c', by: 1 },
      ),
    ).toEqual([null, 15, -5, 7, 0.1, 0.1 + 0.2, 0.1 + 0.2 + 1]);
    expect(await read(state, 'a', 'b', 'c')).toEqual(['-5', '7', JSON.stringify(0.1 + 0.2 + 1)]);
  });

  test('increment goes on with JavaScript’s numbers where whole ones end', async () => {
    const state = fresh();
    await write(state, 'a', '9007199254740991');
    await write(state, 'b', '1e+21');

    expect(
      await runStorage(
        state,
        { op: 'increment', key: 'a', by: 1000 },
        { op: 'increment', key: 'b', by: 1 },
        { op: 'increment', key: 'a', by: -10_000 },
        { op: 'increment', key: 'a', by: 1 },
      ),
    ).toEqual([9007199254741992, 1e21, 9007199254731992, 9007199254731993]);
  });

  test.each(['"text"', '"5"', 'null', 'true', '[]', '{"a":1}'])('increment refuses %s and leaves it', async (value) => {
    const state = fresh();
    await write(state, 'a', value);

    expect(await runStorage(state, { op: 'increment', key: 'a', by: 1 })).toEqual([
      `Error: The cursor holds no number: ${value}`,
    ]);
    expect(await read(state, 'a')).toEqual([value]);
  });

  test('what is set before a command is there for it', async () => {
    const state = fresh();

    expect(
      await runStorage(
        state,
        { op: 'set', key: 'a', value: '41' },
        { op: 'increment', key: 'a', by: 1 },
        { op: 'set', key: 'a' },
        { op: 'init', key: 'a', value: 3 },
        { op: 'increment', key: 'a', by: 1 },
      ),
    ).toEqual([null, 42, null, null, 4]);
  });
});

describe('the storage on DynamoDB and in memory', () => {
  const [aws, memory] = [onAws(), inMemory()];
  const number = fc.oneof(
    fc.integer({ min: -9, max: 9 }),
    fc.double({ noNaN: true, min: -1e30, max: 1e30 }),
    fc.maxSafeInteger(),
  );
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ op: fc.constant('increment'), by: number.filter((by) => by !== 0) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('init'), value: number }) },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constant('set'), value: fc.json().filter(({ length }) => length < 200) }),
    },
    { weight: 1, arbitrary: number.map((value) => ({ op: 'set', value: JSON.stringify(value) })) },
    { weight: 1, arbitrary: fc.constant({ op: 'set' }) },
  );

  test('answer any sequence of commands alike', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(command, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), async (runs) => {
        const [one, other] = [aws.fresh(), memory.fresh()];
        for (const run of runs) {
          const commands = run.map((rest) => ({ key: 'k', ...rest })) as never[];
          expect(await runStorage(one, ...commands)).toEqual(await runStorage(other, ...commands));
        }
        expect(await read(one, 'k')).toEqual(await read(other, 'k'));
      }),
      { numRuns: 60, endOnFailure: true, interruptAfterTimeLimit: 50_000 },
    );
  });
});
