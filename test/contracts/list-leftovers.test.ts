import { expect, test } from 'vitest';
import { type FreshState, onAws, runCache } from './state-implementations.ts';

const aws = onAws();

const LONG = 'x'.repeat(1500);
const DAY_MILLISECONDS = 86_400_000;
const elements = (count: number) => Array.from({ length: count }, (_, index) => `${index}${LONG}`);
const push = (state: FreshState, count: number) =>
  runCache(state, { op: 'lpush', key: 'k', elements: elements(count) });
const expire = (state: FreshState, seconds: number) => runCache(state, { op: 'expire', key: 'k', seconds });
const chunksOf = async (state: FreshState) =>
  (await aws.itemsOf(state, 'k')).filter(({ elements: some }) => some !== undefined);

async function length(state: FreshState): Promise<number> {
  await aws.deleteExpired(state, 'k');
  const [list] = await runCache(state, { op: 'lrange', key: 'k', start: 0, end: -1 });
  return (list as string[]).length;
}

test('of a list that has expired the table deletes all, a day or two later', async () => {
  const state = aws.fresh();
  await push(state, 10);
  await expire(state, 3600);
  await push(state, 3);

  state.pass(3_599_000);
  expect(await length(state)).toBe(13);
  state.pass(2 * DAY_MILLISECONDS);
  expect(await length(state)).toBe(0);
  expect(await aws.itemsOf(state, 'k')).toEqual([]);
});

test('a list whose expiry is renewed for weeks loses nothing, and its chunks are written again once a day at most', async () => {
  let updates = 0;
  const state = aws.fresh((command, send) => {
    if (JSON.stringify(command.input).includes('#chunk#') && command.constructor.name === 'UpdateCommand') updates++;
    return send();
  });
  await push(state, 10);
  const [chunk] = await chunksOf(state);

  for (let hours = 0; hours < 24 * 10; hours += 3) {
    await expire(state, 4 * 3600);
    state.pass(DAY_MILLISECONDS / 8);
  }

  expect(chunk).toBeDefined();
  expect(await length(state)).toBe(10);
  expect(updates).toBeGreaterThan(5);
  expect(updates).toBeLessThanOrEqual(14);
});

test('two who renew an expiry at once leave the longer one to the chunks', async () => {
  const first = aws.fresh();
  const second = { ...aws.fresh(), plugin: first.plugin };
  await push(first, 10);
  await expire(first, 100);

  await Promise.all([expire(first, 30 * 86_400), expire(second, 10 * 86_400)]);
  await expire(first, 30 * 86_400);
  first.pass(29 * DAY_MILLISECONDS);

  expect(await length(first)).toBe(10);
});

test('chunks that are no longer needed are taken away: after joining, popping, removing and ending the list', async () => {
  const state = aws.fresh();
  for (let round = 0; round < 8; round++) await push(state, 5);
  const sizes = (await chunksOf(state)).map(({ elements: some }) => JSON.parse(some as string).length as number);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40);

  await runCache(state, { op: 'lrem', key: 'k', count: 0, element: `2${LONG}` });
  expect((await chunksOf(state)).length).toBeLessThanOrEqual(sizes.length);
  await runCache(state, { op: 'lpop', key: 'k', count: 31 });
  expect((await chunksOf(state)).length).toBeLessThanOrEqual(1);
  await expire(state, 0);
  expect(await chunksOf(state)).toEqual([]);
});

test('chunks of a list that a text was set over go when the key is a long list again, a day later', async () => {
  const state = aws.fresh();
  await push(state, 10);
  await runCache(state, { op: 'set', key: 'k', value: 'text' });
  expect(await chunksOf(state)).toHaveLength(1);

  state.pass(DAY_MILLISECONDS + 1000);
  await runCache(state, { op: 'expire', key: 'k', seconds: 0 }, { op: 'lpush', key: 'k', elements: elements(4) });

  expect((await chunksOf(state)).map(({ elements: some }) => JSON.parse(some as string).length)).toEqual([4]);
  expect(await length(state)).toBe(4);
});

test('an element that no item can hold is refused with its size, and the others of the call with it', async () => {
  const state = aws.fresh();

  const [refused, pushed] = await runCache(
    state,
    { op: 'lpush', key: 'k', elements: ['a', 'x'.repeat(400_000)] },
    { op: 'lpush', key: 'k', elements: ['y'.repeat(349_000)] },
  );

  expect(refused).toBe('ReplyError: ERR an element has 400003 bytes as JSON; a list takes at most 350000');
  expect(pushed).toBe(1);
});
