import { afterAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

const SECOND = 1000;
const DAY = 86_400 * SECOND;

/** Runs code that enqueues one job, and gives the job with its delay. */
async function jobOf(body: string) {
  const from = Date.now();
  const { result } = await run(body);
  const job = host.memory.enqueued.at(-1);
  return { result, job, delay: (job?.runAt ?? 0) - from };
}

test.each([
  ['milliseconds', 1],
  ['seconds', SECOND],
  ['minutes', 60 * SECOND],
  ['hours', 3600 * SECOND],
  ['days', DAY],
  ['weeks', 7 * DAY],
  ['months', 30 * DAY],
  ['quarters', 91 * DAY],
  ['years', 365 * DAY],
])('runIn takes %s, also in singular', async (unit, milliseconds) => {
  const plural = await jobOf(`await jobs.x(1).runIn(40, '${unit}')`);
  const singular = await jobOf(`await jobs.x(1).runIn(40, '${unit.slice(0, -1)}')`);

  for (const { delay } of [plural, singular]) {
    expect(delay).toBeGreaterThanOrEqual(40 * milliseconds);
    expect(delay).toBeLessThan(40 * milliseconds + 20 * SECOND);
  }
});

test.each([
  ['ms', 'ms'],
  ['fortnight', 'fortnights'],
  ['', 's'],
  ['Minutes', 'Minutes'],
])('runIn refuses the unit %j', async (unit, named) => {
  const { result } = await run(`return jobs.x().runIn(1, '${unit}')`);

  expect(result).toBe(`Error: Unknown time unit: ${named}`);
});

test('runIn takes negative durations, which are due at once, and refuses what is no number', async () => {
  const { delay } = await jobOf(`await jobs.x().runIn(-5, 'minutes')`);
  const { result } = await run(`return jobs.x().runIn('soon', 'minutes')`);

  expect(delay).toBeLessThan(0);
  expect(result).toBe('Error: runIn expects a number of minutes as its first argument; got "soon"');
});

test.each([
  ['a Date', `new Date('2030-01-02T03:04:05.678Z')`],
  ['milliseconds', `Date.parse('2030-01-02T03:04:05.678Z')`],
  ['a text', `'2030-01-02T03:04:05.678Z'`],
])('runAt takes %s', async (_, time) => {
  const { job } = await jobOf(`await jobs.x().runAt(${time})`);

  expect(job?.runAt).toBe(Date.parse('2030-01-02T03:04:05.678Z'));
});

test.each([
  [`new Date('no')`, 'Invalid Date'],
  [`'no'`, '"no"'],
  ['undefined', 'undefined'],
])('runAt refuses %s', async (time, shown) => {
  const { result } = await run(`return jobs.x().runAt(${time})`);

  expect(result).toBe(`Error: runAt expects a valid Date; got ${shown}`);
});

test('runNow enqueues for now, under any name, with the payload as it was', async () => {
  const { result, batch, plugin } = await run(
    `const payload = { list: [1] }; const promise = jobs['retry it all'](payload).runNow(); payload.list.push(2); return typeof (await promise)`,
  );

  expect(result).toBe('undefined');
  expect(batch.errors).toEqual([]);
  expect(host.memory.enqueued.at(-1)).toEqual({
    plugin,
    name: 'retry it all',
    payload: '{"list":[1]}',
    runAt: expect.any(Number) as number,
  });
});

test('a job without payload travels without one', async () => {
  const { job } = await jobOf(`await jobs.x().runNow()`);

  expect(job).not.toHaveProperty('payload');
});

test('jobs that nobody awaits are enqueued together before the batch ends', async () => {
  const from = host.memory.calls.length;

  await run(`jobs.a(1).runNow(); jobs.b(2).runIn(1, 'day')`, { events: 3 });

  expect(host.memory.calls.slice(from)).toEqual([{ service: 'jobs.enqueue', count: 6 }]);
});

test('a payload that is no JSON is refused', async () => {
  const { result } = await run(`const a = {}; a.a = a; return jobs.x(a).runNow()`);

  expect(result).toContain('TypeError: Converting circular structure to JSON');
});

test('jobs that could not be enqueued keep the batch from being acknowledged', async () => {
  const down = createPluginCalls({}, (memory) => ({
    ...memory,
    jobs: {
      async enqueue() {
        throw new Error('The queue is away');
      },
    },
  }));

  await expect(down.run(`jobs.x().runNow()`)).rejects.toThrow('The queue is away');

  await down.host.stop();
});

test('jobs that the parent does not have fail in the plugin', async () => {
  const without = createPluginCalls({}, ({ cache, warn }) => ({ cache, warn }));

  const { result } = await without.run(`return jobs.x().runNow()`);

  await without.host.stop();
  expect(result).toBe('Error: Not available here: meta.jobs. This function has no "jobs.enqueue" service.');
});

test('a payload above 10 MiB, or a name that is none, is refused where the job is made', async () => {
  const large = await run(`return jobs.x('a'.repeat(10 * 1024 * 1024)).runNow()`);
  const named = await run(`return jobs['a'.repeat(1001)]().runNow()`);
  const { job } = await jobOf(`await jobs.x('a'.repeat(10 * 1024 * 1024 - 2)).runNow()`);

  expect(large.result).toContain('The payload of job "x" has 10485762 bytes as JSON; at most 10485760 are allowed');
  expect(named.result).toContain('The name of a job has 1001 characters; at most 1000 are allowed');
  expect(job?.payload).toHaveLength(10 * 1024 * 1024);
});
