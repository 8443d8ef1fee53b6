import { describe, expect, it } from 'vitest';
import { bench, EVENT, START, said } from '../../support/bench.ts';

/** What a plugin said, with the time it saw before it. */
const SAY = `const say = (...words) => console.log(new Date().toISOString().slice(11, 19), ...words);`;

describe('the clock', () => {
  it('is what Date reads in every way, and stands still within a step', async () => {
    const code = `export async function processEvent(event) {
      const first = Date.now();
      await fetch('https://x.io/');
      for (const begin = process_time(); process_time() === begin; );
      const made = new Date();
      event.properties = {
        still: first === Date.now(), iso: made.toISOString(), text: Date(), own: made instanceof Date, same: made.constructor === Date,
        given: new Date(0).toISOString(), parts: Date.UTC(2020, 0), sub: new (class extends Date {})().getTime() === first,
      };
      return event;
    }
    function process_time() { return posthog === undefined ? 0 : {}; }`;
    const { steps } = await bench(code, {
      clock: '2020-02-03T04:05:06.789Z',
      fetch: [{ url: '*' }],
      steps: [{ event: { event: 'a' } }],
    });

    expect(steps[0]?.output).toMatchObject({
      now: '2020-02-03T04:05:06.789Z',
      properties: {
        still: true,
        iso: '2020-02-03T04:05:06.789Z',
        own: true,
        same: true,
        sub: true,
        text: expect.stringContaining('Feb 03 2020') as string,
        given: '1970-01-01T00:00:00.000Z',
        parts: 15778368e5,
      },
    });
  });

  it('stamps what plugins capture', async () => {
    const code = `export const runEveryHour = () => posthog.capture('hour', { distinct_id: 'me', extra: 1 });`;

    const { captured } = await bench(code, {
      project: { id: 8 },
      steps: [{ advance: '30 minutes' }, { advance: '30 minutes' }],
    });

    expect(captured).toEqual([
      {
        event: 'hour',
        distinct_id: 'me',
        timestamp: '2024-03-05T11:00:00.000Z',
        properties: expect.objectContaining({ $lib: 'posthog-plugin-server', extra: 1 }) as object,
        team_id: 8,
        uuid: expect.any(String) as string,
      },
    ]);
  });

  it('visits each schedule at its full minute, hour and midnight, UTC, also at the very end', async () => {
    const code = `${SAY}
      export const runEveryMinute = () => say('minute');
      export const runEveryHour = () => say('hour');
      export const runEveryDay = () => say('day');
      export const runEveryWeek = () => say('week');`;

    const report = await bench(code, {
      clock: '2024-03-05T23:57:30.000Z',
      steps: [{ advance: '90 seconds' }, { advance: '1 minute' }],
    });

    expect(said(report)).toEqual([
      '23:58:00 minute',
      '23:59:00 minute',
      '00:00:00 minute',
      '00:00:00 hour',
      '00:00:00 day',
    ]);
    expect(report.steps).toEqual([{ output: null }, { output: null }]);
    expect(report.capabilities.scheduled_tasks.toSorted()).toEqual([
      'runEveryDay',
      'runEveryHour',
      'runEveryMinute',
      'runEveryWeek',
    ]);
  });

  it('lets cache keys expire, also those that are due right now', async () => {
    const code = `export async function processEvent(event, { cache }) {
      await cache.set('short', 1, 60); await cache.set('long', 2, 61); await cache.set('always', 3);
      return null;
    }
    export const runEveryMinute = async (meta) => Promise.all(['short', 'long'].map((key) => meta.cache.get(key, null)));`;

    const { steps, cache } = await bench(code, {
      steps: [{ event: EVENT }, { advance: '1 minute' }, { call: 'runEveryMinute' }, { advance: '1 second' }],
    });

    expect(steps[2]?.output).toEqual([null, 2]);
    expect(cache).toEqual({ always: 3 });
  });
});

describe('jobs', () => {
  const code = `${SAY}
    import { RetryError } from '@posthog/plugin-scaffold';
    export const jobs = {
      later: (payload) => say('later', payload.n),
      chained: async (payload, meta) => { say('chained'); await meta.jobs.later({ n: 9 }).runNow(); },
      retried: async (payload, { storage }) => {
        const tries = await storage.get('tries', 0);
        await storage.set('tries', tries + 1);
        say('try', tries);
        if (tries < 2) throw new RetryError('again');
      },
      broken: () => { throw new Error('broken'); },
    };
    export async function processEvent(event, { jobs }) {
      for (const [name, payload, ms] of event.properties.jobs) await jobs[name](payload).runIn(ms, 'milliseconds');
      return null;
    }`;
  const event = (...jobs: [name: string, payload: unknown, milliseconds: number][]) => ({
    ...EVENT,
    properties: { jobs },
  });

  it('run in the order of their times; what is due already runs at the end of the step that made it', async () => {
    const report = await bench(code, {
      steps: [
        {
          event: event(
            ['later', { n: 3 }, 3000],
            ['later', { n: 1 }, 0],
            ['later', { n: 2 }, 2000],
            ['chained', null, -5],
          ),
        },
        { advance: '2 seconds' },
      ],
    });

    expect(said(report)).toEqual(['10:00:00 chained', '10:00:00 later 1', '10:00:00 later 9', '10:00:02 later 2']);
    expect(report.jobs).toEqual([
      { name: 'later', payload: { n: 3 }, run_at: '2024-03-05T10:00:03.000Z', status: 'waiting' },
      { name: 'later', payload: { n: 1 }, run_at: START, status: 'done' },
      { name: 'later', payload: { n: 2 }, run_at: '2024-03-05T10:00:02.000Z', status: 'done' },
      { name: 'chained', payload: null, run_at: '2024-03-05T09:59:59.995Z', status: 'done' },
      { name: 'later', payload: { n: 9 }, run_at: START, status: 'done' },
    ]);
    expect(report.capabilities.jobs).toEqual(['later', 'chained', 'retried', 'broken']);
    expect(report.isGood).toBe(true);
  });

  it('that throw RetryError are retried, those that throw anything else have failed', async () => {
    const report = await bench(code, {
      steps: [{ event: event(['retried', 1, 1000], ['broken', 1, 1000]) }, { advance: '1 hour' }],
    });

    expect(said(report)).toEqual(['10:00:01 try 0', '10:00:07 try 1', '10:00:19 try 2']);
    expect(report.jobs.map(({ name, status }) => [name, status])).toEqual([
      ['retried', 'done'],
      ['broken', 'failed'],
    ]);
    expect(report.errors.map(({ hook, message }) => [hook, message])).toEqual([
      ['job retried', 'again'],
      ['job broken', 'broken'],
      ['job retried', 'again'],
    ]);
  });

  it('of a job step run at once with their payload, and are not listed', async () => {
    const report = await bench(code, {
      steps: [{ job: 'later', payload: { n: 5 } }, { job: 'broken' }, { job: 'none' }],
    });

    expect(said(report)).toEqual(['10:00:00 later 5']);
    expect(report.jobs).toEqual([]);
    expect(report.steps).toEqual([
      { output: null },
      { output: null, error: 'broken' },
      { output: null, error: expect.stringContaining('Task "none" not found') as string },
    ]);
    expect(report.isGood).toBe(false);
  });

  it('that fail within an event step fail the scenario, but not within an advance', async () => {
    const { isGood: atOnce } = await bench(code, { steps: [{ event: event(['broken', 1, 0]) }] });
    const { isGood: later } = await bench(code, {
      steps: [{ event: event(['broken', 1, 1]) }, { advance: '1 second' }],
    });

    expect([atOnce, later]).toEqual([false, true]);
  });

  it('made by setupPlugin run before the first step, and those for never stay listed', async () => {
    const made = `export const setupPlugin = async ({ jobs }) => { await jobs.now(1).runNow(); await jobs.never(1).runIn(1e9, 'years'); };
      export const jobs = { now: (payload, { storage }) => storage.set('ran', true), never: () => {} };
      export const processEvent = async (event, { storage }) => ({ ...event, ran: await storage.get('ran') });`;

    const { steps, jobs: listed } = await bench(made, { steps: [{ event: EVENT }] });

    expect(steps[0]?.output).toMatchObject({ ran: true });
    expect(listed.map(({ name, status }) => [name, status])).toEqual([
      ['now', 'done'],
      ['never', 'waiting'],
    ]);
  });

  it('that make themselves again for now come to an end', async () => {
    const loop = `export const jobs = { loop: (payload, { jobs }) => jobs.loop(1).runNow() };
      export const processEvent = async (event, { jobs }) => { await jobs.loop(1).runNow(); return event; };`;

    const report = await bench(loop, { steps: [{ event: EVENT }] });

    expect(report.errors).toMatchObject([
      { hook: 'job loop', message: expect.stringContaining('1000 jobs ran') as string },
    ]);
    expect(report.jobs.at(-1)?.status).toBe('waiting');
  });
});
