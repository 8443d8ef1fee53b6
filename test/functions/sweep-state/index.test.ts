import { expect, test } from 'vitest';
import { createSweepState } from '../../../functions/sweep-state/index.ts';
import type { Sweep, Swept } from '../../../shared/state/sweep.ts';

const DONE: Swept = { seen: 3, removed: 1, isComplete: true };

/** Runs the function over these sweeps, with so much time left; gives what it told. */
async function run(sweeps: Record<string, Sweep>, millisecondsLeft = 900_000) {
  const reports: [string, Swept][] = [];
  const warnings: string[] = [];
  const sweepState = createSweepState({
    sweeps,
    report: (part, swept) => void reports.push([part, swept]),
    warn: (message) => void warnings.push(message),
  });
  const failure = await sweepState({}, { getRemainingTimeInMillis: () => millisecondsLeft }).then(
    () => null,
    (error: Error) => error.message,
  );
  return { reports, warnings, failure };
}

test('every part is swept, and told', async () => {
  const { reports, warnings, failure } = await run({ values: async () => DONE, payloads: async () => DONE });

  expect(reports).toEqual([
    ['values', DONE],
    ['payloads', DONE],
  ]);
  expect([warnings, failure]).toEqual([[], null]);
});

test('a part that cannot be swept fails the run, after the others were swept', async () => {
  const { reports, warnings, failure } = await run({
    values: () => Promise.reject(new Error('throttled')),
    payloads: async () => DONE,
  });

  expect(reports).toEqual([['payloads', DONE]]);
  expect([warnings, failure]).toEqual([['values could not be swept: throttled'], 'throttled']);
});

test('a sweep is told when half a minute is left, and what it left is told', async () => {
  const sweep: Sweep = async (hasTime) => ({ ...DONE, isComplete: hasTime() });

  const enough = await run({ values: sweep }, 30_001);
  const short = await run({ values: sweep }, 30_000);

  expect(enough.warnings).toEqual([]);
  expect(short.warnings).toEqual(['There was no time to sweep all of values; the next run begins anew']);
  expect(short.failure).toBeNull();
});
