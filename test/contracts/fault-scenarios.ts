import { type FreshState, runCache, runStorage } from './state-implementations.ts';

const LONG = 'x'.repeat(1500);
/** Five of them fill a chunk; ten make a second one, which joins the first. */
const longs = (count: number, letter: string) =>
  Array.from({ length: count }, (_, index) => `${letter}${index}${LONG}`);
const LARGE = JSON.stringify('l'.repeat(500_000));

export interface Scenario {
  title: string;
  prepare?: (state: FreshState) => Promise<unknown>;
  act: (state: FreshState) => Promise<unknown>;
}

/** Every way in which a command writes. */
export const scenarios: Scenario[] = [
  { title: 'an increment of a new key', act: (state) => runCache(state, { op: 'increment', key: 'k', by: 2 }) },
  {
    title: 'an increment of a number that was set',
    prepare: (state) => runCache(state, { op: 'set', key: 'k', value: '40', expiresInSeconds: 100 }),
    act: (state) => runCache(state, { op: 'increment', key: 'k', by: 2 }),
  },
  {
    title: 'an increment of an expired key',
    prepare: async (state) => {
      await runCache(state, { op: 'set', key: 'k', value: '40', expiresInSeconds: 10 });
      state.pass(60_000);
    },
    act: (state) => runCache(state, { op: 'increment', key: 'k', by: 2 }),
  },
  {
    title: 'an increment of a text',
    prepare: (state) => runCache(state, { op: 'set', key: 'k', value: 'text' }),
    act: (state) => runCache(state, { op: 'increment', key: 'k', by: 2 }),
  },
  { title: 'a push to a new list', act: (state) => runCache(state, { op: 'lpush', key: 'k', elements: ['a', 'b'] }) },
  {
    title: 'a push that fills the first chunk of a list with an expiry',
    prepare: (state) =>
      runCache(state, { op: 'lpush', key: 'k', elements: longs(2, 'a') }, { op: 'expire', key: 'k', seconds: 60 }),
    act: (state) => runCache(state, { op: 'lpush', key: 'k', elements: longs(3, 'b') }),
  },
  {
    title: 'a push that joins chunks',
    prepare: (state) => runCache(state, { op: 'lpush', key: 'k', elements: longs(5, 'a') }),
    act: (state) => runCache(state, { op: 'lpush', key: 'k', elements: longs(6, 'b') }),
  },
  {
    title: 'a pop out of a chunk',
    prepare: (state) => runCache(state, { op: 'lpush', key: 'k', elements: longs(8, 'a') }),
    act: (state) => runCache(state, { op: 'lpop', key: 'k', count: 3 }),
  },
  {
    title: 'a pop of all',
    prepare: (state) => runCache(state, { op: 'lpush', key: 'k', elements: longs(8, 'a') }),
    act: (state) => runCache(state, { op: 'lpop', key: 'k', count: 8 }),
  },
  {
    title: 'a push to a list that was popped to its end',
    prepare: (state) =>
      runCache(state, { op: 'lpush', key: 'k', elements: ['a'] }).then(() =>
        runCache(state, { op: 'lpop', key: 'k', count: 1 }),
      ),
    act: (state) => runCache(state, { op: 'lpush', key: 'k', elements: ['b'] }),
  },
  {
    title: 'a removal within chunks',
    prepare: (state) => runCache(state, { op: 'lpush', key: 'k', elements: [...longs(5, 'a'), ...longs(5, 'a')] }),
    act: (state) => runCache(state, { op: 'lrem', key: 'k', count: 0, element: `a3${LONG}` }),
  },
  {
    title: 'an expiry of a list with chunks',
    prepare: (state) => runCache(state, { op: 'lpush', key: 'k', elements: longs(8, 'a') }),
    act: (state) => runCache(state, { op: 'expire', key: 'k', seconds: 50 }),
  },
  {
    title: 'a longer expiry of a list with chunks',
    prepare: (state) =>
      runCache(state, { op: 'lpush', key: 'k', elements: longs(8, 'a') }, { op: 'expire', key: 'k', seconds: 50 }),
    act: (state) => runCache(state, { op: 'expire', key: 'k', seconds: 5_000_000 }),
  },
  {
    title: 'the end of a list with chunks',
    prepare: (state) => runCache(state, { op: 'lpush', key: 'k', elements: longs(8, 'a') }),
    act: (state) => runCache(state, { op: 'expire', key: 'k', seconds: 0 }),
  },
  {
    title: 'many commands of one list',
    prepare: (state) => runCache(state, { op: 'lpush', key: 'k', elements: longs(8, 'a') }),
    act: (state) =>
      runCache(
        state,
        { op: 'lpush', key: 'k', elements: longs(4, 'b') },
        { op: 'lpop', key: 'k', count: 6 },
        { op: 'lrem', key: 'k', count: -1, element: `a1${LONG}` },
        { op: 'lpush', key: 'k', elements: ['c'] },
        { op: 'expire', key: 'k', seconds: 77 },
      ),
  },
  {
    title: 'an expiry of a text',
    prepare: (state) => runCache(state, { op: 'set', key: 'k', value: 'text' }),
    act: (state) => runCache(state, { op: 'expire', key: 'k', seconds: 50 }),
  },
  {
    title: 'a set over a list with chunks',
    prepare: (state) => runCache(state, { op: 'lpush', key: 'k', elements: longs(8, 'a') }),
    act: (state) => runCache(state, { op: 'set', key: 'k', value: 'text' }),
  },
  {
    title: 'a large text over a small one',
    prepare: (state) => runCache(state, { op: 'set', key: 'k', value: 'text' }),
    act: (state) => runCache(state, { op: 'set', key: 'k', value: LARGE }),
  },
  {
    title: 'a large text over a large one',
    prepare: (state) => runCache(state, { op: 'set', key: 'k', value: LARGE.toUpperCase() }),
    act: (state) => runCache(state, { op: 'set', key: 'k', value: LARGE }),
  },
  {
    title: 'a cursor of a new key',
    act: (state) => runStorage(state, { op: 'increment', key: 'k', by: 1.5 }),
  },
  {
    title: 'a cursor that is whole',
    prepare: (state) => runStorage(state, { op: 'init', key: 'k', value: 7 }),
    act: (state) => runStorage(state, { op: 'increment', key: 'k', by: 5 }),
  },
  {
    title: 'a cursor that is not whole',
    prepare: (state) => runStorage(state, { op: 'init', key: 'k', value: 0.5 }),
    act: (state) => runStorage(state, { op: 'increment', key: 'k', by: 5 }),
  },
];
