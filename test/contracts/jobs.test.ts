import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HookResult } from '../../shared/sandbox/hook-call.ts';
import type { EnqueuedJob } from '../../shared/sandbox/service-calls.ts';
import { retryDelayMilliseconds } from '../../shared/state/retry-delay.ts';
import { type FreshJobs, JOB_IMPLEMENTATIONS, type JobRun } from './job-implementations.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const jobIn = ({ now }: FreshJobs, delay: number, name: string, more: Partial<EnqueuedJob> = {}): EnqueuedJob => ({
  plugin: 1,
  name,
  runAt: now() + delay,
  ...more,
});
const namesOf = (runs: JobRun[]) => runs.map(({ name }) => name);
const failing = (name: string, retry: boolean): HookResult => ({
  error: { hook: 'job', name, message: 'not now', retry },
});

describe.each(JOB_IMPLEMENTATIONS)('jobs $name', ({ start }) => {
  const implementation = start();

  test('run once, in the order of their times, never before theirs and no second later', async () => {
    const jobs = implementation.fresh();
    const delays = {
      'long ago': -400 * DAY,
      now: 0,
      soon: 1200,
      'in a minute': MINUTE,
      'just within the queue': 900 * SECOND,
      'just beyond': 900 * SECOND + 1,
      'in an hour': HOUR,
      'in three days': 3 * DAY,
    };
    const from = jobs.now();
    await jobs.enqueue(
      Object.entries(delays)
        .map(([name, delay]) => jobIn(jobs, delay, name))
        .toReversed(),
    );
    await jobs.enqueue([jobIn(jobs, Number.POSITIVE_INFINITY, 'never'), jobIn(jobs, 4 * DAY, 'later')]);

    await jobs.pass(3 * DAY + MINUTE);

    // What is due at the same time has no order.
    const [first, second, ...others] = namesOf(jobs.runs);
    expect(new Set([first, second])).toEqual(new Set(['long ago', 'now']));
    expect(others).toEqual(Object.keys(delays).slice(2));
    for (const { name, at } of jobs.runs) {
      const due = from + Math.max(0, delays[name as keyof typeof delays]);
      expect(at, name).toBeGreaterThanOrEqual(due);
      expect(at, name).toBeLessThan(due + SECOND);
    }
    await jobs.pass(2 * DAY);
    expect(namesOf(jobs.runs).slice(-1)).toEqual(['later']);
  });

  test.each([
    ['nothing', undefined],
    ['null', 'null'],
    ['what is not easy to send', JSON.stringify({ text: '\u0000\uFFFE\uFFFF\ud800 ä😀' })],
    ['a megabyte', JSON.stringify('"'.repeat(500_000))],
  ])('are given %s as it was', async (_, payload) => {
    const jobs = implementation.fresh();
    const given = payload === undefined ? {} : { payload };

    await jobs.enqueue([jobIn(jobs, 0, 'now', given), jobIn(jobs, HOUR, 'later', given)]);
    await jobs.pass(2 * HOUR);

    expect(namesOf(jobs.runs)).toEqual(['now', 'later']);
    expect(jobs.runs.every((run) => run.payload === payload)).toBe(true);
  });

  test('are their plugin config’s own, also those of one name', async () => {
    const jobs = implementation.fresh();

    await jobs.enqueue([1, 2].map((plugin) => jobIn(jobs, SECOND, 'same', { plugin, payload: String(plugin) })));
    await jobs.pass(MINUTE);

    const seen = jobs.runs.map(({ plugin, payload }) => `${plugin} got ${payload}`);
    expect(new Set(seen)).toEqual(new Set(['1 got 1', '2 got 2']));
    expect(seen).toHaveLength(2);
  });

  test('of one name that are due together all run', async () => {
    const jobs = implementation.fresh();

    await jobs.enqueue(Array.from({ length: 12 }, (_, n) => jobIn(jobs, 0, 'same', { payload: String(n) })));
    await jobs.pass(10 * MINUTE);

    const payloads = jobs.runs.map(({ payload }) => Number(payload)).toSorted((a, b) => a - b);
    expect(payloads).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  test('that a job makes run at their times, now and later', async () => {
    const jobs = implementation.fresh(async ({ name }, self) => {
      if (name === 'first') await self.enqueue([jobIn(self, 0, 'second'), jobIn(self, 20 * MINUTE, 'third')]);
      return {};
    });
    const from = jobs.now();

    await jobs.enqueue([jobIn(jobs, MINUTE, 'first')]);
    await jobs.pass(HOUR);

    expect(jobs.runs.map(({ name, at }) => [name, Math.floor((at - from) / MINUTE)])).toEqual([
      ['first', 1],
      ['second', 1],
      ['third', 21],
    ]);
  });

  test('that ask to be retried are, with the same payload, 15 times in 21.8 hours, and then no more', async () => {
    const jobs = implementation.fresh(async () => failing('RetryError', true));

    await jobs.enqueue([jobIn(jobs, 0, 'never content', { payload: '{"a":1}' })]);
    await jobs.pass(3 * DAY);

    const waits = jobs.runs.slice(1).map(({ at }, index) => at - (jobs.runs[index] as JobRun).at);
    expect(waits).toHaveLength(15);
    for (const [index, wait] of waits.entries()) {
      const expected = retryDelayMilliseconds(index + 1) as number;
      expect(wait).toBeGreaterThanOrEqual(expected);
      expect(wait).toBeLessThan(expected + SECOND);
    }
    expect(jobs.runs.every(({ payload }) => payload === '{"a":1}')).toBe(true);
  });

  test('that fail otherwise do not run again, and hold up nobody', async () => {
    const jobs = implementation.fresh(async ({ name }) => (name === 'bad' ? failing('TypeError', false) : {}));

    await jobs.enqueue([jobIn(jobs, 0, 'bad'), jobIn(jobs, 0, 'good')]);
    await jobs.pass(2 * DAY);

    expect(namesOf(jobs.runs).toSorted()).toEqual(['bad', 'good']);
  });
});

describe('jobs on SQS and DynamoDB and in the test bench', () => {
  const [aws, bench] = JOB_IMPLEMENTATIONS.map(({ start }) => start());
  const planned = fc.record({
    delay: fc.oneof(
      fc.integer({ min: -10, max: 20 }),
      fc.integer({ min: 800, max: 1000 }),
      fc.integer({ max: 9000, min: 0 }),
    ),
    retries: fc.integer({ min: 0, max: 3 }),
    end: fc.constantFrom('done', 'failed'),
    plugin: fc.constantFrom(1, 2),
  });

  test('run any jobs as often and at the same times', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(planned, { minLength: 1, maxLength: 6 }), async (plans) => {
        const times = await Promise.all(
          [aws, bench].map(async (implementation) => {
            const made = new Map<string, number>();
            const jobs = (implementation as NonNullable<typeof aws>).fresh(async ({ name }) => {
              const plan = plans[Number(name)] as (typeof plans)[number];
              const before = made.get(name) ?? 0;
              made.set(name, before + 1);
              if (before < plan.retries) return failing('RetryError', true);
              return plan.end === 'done' ? {} : failing('Error', false);
            });
            const from = jobs.now();
            await jobs.enqueue(plans.map(({ delay, plugin }, n) => jobIn(jobs, delay * SECOND, String(n), { plugin })));
            await jobs.pass(3 * HOUR);
            return jobs.runs
              .map(({ plugin, name, at }) => ({ plugin, name, at: at - from }))
              .toSorted((a, b) => Number(a.name) - Number(b.name) || a.at - b.at);
          }),
        );

        // Each wait in the queue is up to a second longer.
        const [onAws = [], inBench = []] = times;
        const runsOf = (runs: typeof onAws) => runs.map(({ plugin, name }) => `${plugin} ${name}`);
        expect(runsOf(onAws)).toEqual(runsOf(inBench));
        for (const [index, { at }] of onAws.entries())
          expect(Math.abs(at - (inBench[index]?.at ?? 0))).toBeLessThan(5 * SECOND);
      }),
      { numRuns: 15, endOnFailure: true, interruptAfterTimeLimit: 100_000 },
    );
  });
});
