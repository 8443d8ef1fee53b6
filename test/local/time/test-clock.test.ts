import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTestClock } from '../../../local/time/test-clock.ts';

const HOUR = 3_600_000;

test('what falls due on the way happens in order, at its own time, also what is planned on the way', async () => {
  const clock = createTestClock({ startAt: 0 });
  const seen: [string, number][] = [];
  const note = (what: string) => seen.push([what, Math.round(clock.now() / HOUR)]);
  clock.at(5 * HOUR, () => note('fifth'));
  clock.at(2 * HOUR, () => {
    note('second');
    clock.at(3 * HOUR, () => note('third'));
  });
  clock.at(7 * HOUR, () => note('too late'));
  clock.at(4 * HOUR, () => note('taken back'))();

  await clock.advance(6 * HOUR);

  expect(seen).toEqual([
    ['second', 2],
    ['third', 3],
    ['fifth', 5],
  ]);
  expect(Math.round(clock.now() / HOUR)).toBe(6);
});

test('time leaps only when nothing is under way', async () => {
  const clock = createTestClock({ startAt: 0 });
  let busy = false;
  let dueAt: number | undefined = HOUR;
  const endedAt: number[] = [];
  clock.attach({ underWay: () => (busy ? 'work' : undefined), dueAt: () => dueAt });
  clock.at(HOUR, () => {
    busy = true;
    dueAt = 2 * HOUR;
    setTimeout(() => {
      endedAt.push(clock.now());
      busy = false;
      dueAt = undefined;
    }, 30);
  });

  await clock.advance(3 * HOUR);

  expect(endedAt).toHaveLength(1);
  expect(Number(endedAt[0]) / HOUR).toBeCloseTo(1, 3);
});

test('what does not come to an end is named', async () => {
  const clock = createTestClock({ patienceMilliseconds: 20 });
  clock.attach({ underWay: () => 'the function x is running' });

  await expect(clock.advance(HOUR)).rejects.toThrow('waited 0.02 s to leap: the function x is running');
});

test('between leaps time passes as on this machine', async () => {
  const clock = createTestClock({ startAt: 0 });
  let called = false;
  clock.at(20, () => (called = true));

  await sleep(60);

  expect(called).toBe(true);
  expect(clock.now()).toBeLessThan(1000);
});

test('parts of the stack are told how far ahead of this machine the clock is', async () => {
  const clock = createTestClock();
  const ahead: number[] = [];
  const detach = clock.attach({ shifted: (milliseconds) => void ahead.push(milliseconds) });

  await clock.advance(HOUR);
  detach();
  await clock.advance(HOUR);

  expect(Math.abs(Number(ahead[0]))).toBeLessThan(10);
  expect(ahead.at(-1)).toBeGreaterThan(0.99 * HOUR);
  expect(ahead.at(-1)).toBeLessThan(1.01 * HOUR);
});
