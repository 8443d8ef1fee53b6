import { describe, expect, test } from 'vitest';
import { type Scenario, scenarios } from './fault-scenarios.ts';
import { type FreshState, onAws, readCache, runCache } from './state-implementations.ts';

const aws = onAws();

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
