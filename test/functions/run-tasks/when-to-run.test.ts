import { expect, test } from 'vitest';
import { whenToRun } from '../../../functions/run-tasks/when-to-run.ts';
import type { ScheduledHook, ScheduledTask } from '../../../shared/state/task.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const task = (hook: ScheduledHook, tick: number, more: Partial<ScheduledTask> = {}): ScheduledTask => ({
  kind: 'schedule',
  plugin: 7,
  hook,
  tick,
  ...more,
});

test('a task that never ran runs now', () => {
  expect(whenToRun(task('runEveryDay', 0), null, 5)).toBe('now');
});

test('a tick that is told twice is run once', () => {
  const lastRun = { endedAt: MINUTE + 2 * SECOND, tick: MINUTE };

  expect(whenToRun(task('runEveryMinute', MINUTE), lastRun, 5 * MINUTE)).toBe('never');
});

test.each<[string, ScheduledHook, number, number]>([
  ['of nine seconds each minute', 'runEveryMinute', MINUTE, 9 * SECOND],
  ['of half a minute each hour', 'runEveryHour', HOUR, 30 * SECOND],
  ['of half a minute each day', 'runEveryDay', 24 * HOUR, 30 * SECOND],
])('a task %s stays with the ticks', (_title, hook, interval, takes) => {
  const lastRun = { endedAt: takes, tick: 0 };

  expect(whenToRun(task(hook, interval), lastRun, interval)).toBe('now');
});

test('a task that took half of its interval waits until a whole one has passed since its end', () => {
  const lastRun = { endedAt: 30 * SECOND, tick: 0 };

  expect(whenToRun(task('runEveryMinute', MINUTE), lastRun, MINUTE)).toBe(90 * SECOND);
  const waited = task('runEveryMinute', MINUTE, { notBefore: 90 * SECOND });
  expect(whenToRun(waited, lastRun, 90 * SECOND)).toBe('now');
});

test('a tick that has waited while a later one was run is not run any more', () => {
  const waited = task('runEveryMinute', 2 * MINUTE, { notBefore: 130 * SECOND });

  expect(whenToRun(waited, { endedAt: 125 * SECOND, tick: MINUTE }, 130 * SECOND)).toBe('never');
});
