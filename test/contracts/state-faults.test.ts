import { describe, expect, test } from 'vitest';
import { type FreshState, onAws, readCache, runCache, runStorage } from './state-implementations.ts';

const aws = onAws();

const LONG = 'x'.repeat(1500);
/** Five of them fill a chunk; ten make a second one, which joins the first. */
const longs = (count: number, letter: string) =>
  Array.from({ length: count }, (_, index) => `${letter}${index}${LONG}`);
const LARGE = JSON.stringify('l'.repeat(500_000));

interface Scenario {
  title: string;
  prepare?: (state: FreshState) => Promise<unknown>;
  act: (state: FreshState) => Promise<unknown>;
}

const scenarios: Scenario[] = [
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

/** All that can be seen of the key, now and later, while the table deletes what it may. */
async function seen(state: FreshState): Promise<unknown> {
  const look = async () => {
    await aws.deleteExpired(state, 'k');
    return lookAt(state);
  };
  const now = await look();
  state.pass(78_000);
  const soon = await look();
  state.pass(365 * 86_400_000);
  return [now, soon, await look()];
}

async function lookAt(state: FreshState): Promise<unknown[]> {
  return [
    await readCache(state, 'k'),
    await runCache(state, { op: 'lrange', key: 'k', start: 0, end: -1 }, { op: 'llen', key: 'k' }),
    await state.storage.readMany([{ plugin: state.plugin, key: 'k' }]),
  ];
}

const FAULTS = [
  'is throttled',
  'loses its answer',
  'is the last before the process dies',
  'is the last, unsent',
] as const;
type Fault = (typeof FAULTS)[number];

class ProcessDied extends Error {
  $metadata = { httpStatusCode: 400 };
}

/** A process whose call with this number, from 0 on, has the fault; and how many calls it made. */
function faulty(number: number, fault: Fault | null) {
  let calls = 0;
  let armed = false;
  let dead = false;
  const state = aws.fresh(async (_, send) => {
    if (!armed) return send();
    if (dead) throw new ProcessDied();
    if (fault === null || calls++ !== number) {
      if (fault === null) calls++;
      return send();
    }
    switch (fault) {
      case 'is throttled':
        throw Object.assign(new Error('Slow down'), { name: 'ThrottlingException' });
      case 'loses its answer':
        await send();
        throw Object.assign(new Error('No answer'), { name: 'TimeoutError' });
      case 'is the last before the process dies':
        await send();
        dead = true;
        throw new ProcessDied();
      case 'is the last, unsent':
        dead = true;
        throw new ProcessDied();
    }
  });
  return { state, arm: () => void (armed = true), calls: () => calls };
}

async function attempt(scenario: Scenario, number: number, fault: Fault | null) {
  const process = faulty(number, fault);
  await scenario.prepare?.(process.state);
  process.arm();
  const answers = await scenario.act(process.state).catch((error: unknown) => {
    if (error instanceof Error) return error;
    throw error;
  });
  const successor = { ...aws.fresh(), plugin: process.state.plugin };
  // The successor's clock has to be where the first one's is.
  if (scenario.title.includes('expired')) successor.pass(60_000);
  return { answers, calls: process.calls(), after: await seen(successor) };
}

describe.each(scenarios)('$title', (scenario) => {
  test('is done once, whichever of its calls is throttled or loses its answer', { timeout: 20_000 }, async () => {
    const healthy = await attempt(scenario, 0, null);
    const usesBucket = scenario.title.includes('large');

    for (let number = 0; number < healthy.calls; number++) {
      for (const fault of ['is throttled', 'loses its answer'] as const) {
        const { answers, after } = await attempt(scenario, number, fault);
        // S3's own client tries again; what it cannot do gives the batch back.
        if (usesBucket && answers instanceof Error) continue;
        expect([`call ${number} ${fault}`, answers, after]).toEqual([
          `call ${number} ${fault}`,
          healthy.answers,
          healthy.after,
        ]);
      }
    }
    expect(healthy.calls).toBeGreaterThan(0);
  });

  test('is done wholly or not at all, at whichever of its calls the process dies', { timeout: 20_000 }, async () => {
    const untouched = await attempt({ ...scenario, act: async () => [] }, 0, null);
    const healthy = await attempt(scenario, 0, null);

    for (let number = 0; number < healthy.calls; number++) {
      for (const fault of ['is the last before the process dies', 'is the last, unsent'] as const) {
        const { after } = await attempt(scenario, number, fault);
        expect([JSON.stringify(untouched.after), JSON.stringify(healthy.after)], `call ${number} ${fault}`).toContain(
          JSON.stringify(after),
        );
      }
    }
  });
});

test('an expiry of 0 on a text whose answer is lost deletes the text, and says that there was none', async () => {
  const { state, arm } = faulty(0, 'loses its answer');
  await runCache(state, { op: 'set', key: 'k', value: 'text' });
  arm();

  expect(await runCache(state, { op: 'expire', key: 'k', seconds: 0 })).toEqual([false]);
  expect(await readCache(state, 'k')).toEqual([null]);
});
