import { describe, expect, it } from 'vitest';
import { bench, EVENT, said } from '../../support/bench.ts';

/** Fails as often as the storage says, with the error it says. */
const CODE = `import { RetryError } from '@posthog/plugin-scaffold';
  export async function exportEvents(events, { storage }) {
    console.log(new Date().toISOString().slice(11, 19), events.map(({ event }) => event).join());
    const fails = await storage.get('fails', 0);
    await storage.set('fails', fails - 1);
    if (fails > 0) throw (await storage.get('final')) ? new Error('for good') : new RetryError('later');
    return 'exported';
  }`;
const events = (...names: string[]) => names.map((event) => ({ ...EVENT, event }));

describe('exportEvents', () => {
  it('gets the events of event steps through its buffer, when the time is over', async () => {
    const report = await bench(CODE, {
      config: { exportEventsToIgnore: 'b' },
      steps: [
        { events: events('a', 'b') },
        { advance: '4 seconds' },
        { event: events('c')[0] },
        { advance: '6 seconds' },
      ],
    });

    expect(said(report)).toEqual(['10:00:10 a,c']);
    expect(report.metrics).toEqual({ events_seen: 2, events_delivered_successfully: 2 });
    expect(report.steps[0]?.output).toMatchObject([{ properties: { $plugins_deferred: ['Test plugin (39)'] } }, {}]);
  });

  it('gets them within the step when the buffer is full, and a failure there fails the scenario', async () => {
    const full = { config: { exportEventsBufferBytes: '1' }, steps: [{ events: events('a', 'b') }] };

    const good = await bench(CODE, full);
    const bad = await bench(CODE, { ...full, storage: { fails: 1 } });

    expect(said(good)).toEqual(['10:00:00 a', '10:00:00 b']);
    expect([good.isGood, bad.isGood]).toEqual([true, false]);
    expect(bad.steps[0]?.error).toBeUndefined();
  });

  it('gets exactly the list of an export step, at once and past the buffer, and is retried after a RetryError', async () => {
    const report = await bench(CODE, {
      storage: { fails: 2 },
      steps: [{ export: [{ event: 'bare' }, { event: 'other' }] }, { advance: '17 seconds' }, { advance: '1 second' }],
    });

    expect(said(report)).toEqual(['10:00:00', '10:00:06', '10:00:18'].map((time) => `${time} bare,other`));
    expect(report.steps[0]).toEqual({ output: null, error: 'later' });
    expect(report.metrics).toEqual({ events_seen: 2, retry_errors: 4, events_delivered_successfully: 2 });
    expect(report.jobs).toEqual([]);
    expect(report.capabilities).toEqual({ methods: ['exportEvents'], jobs: [], scheduled_tasks: [] });
    expect(report.metrics_declared).toEqual({
      events_seen: 'sum',
      events_delivered_successfully: 'sum',
      undelivered_events: 'sum',
      retry_errors: 'sum',
      other_errors: 'sum',
    });
  });

  it('gives up after 15 retries', async () => {
    const report = await bench(CODE, {
      storage: { fails: 99 },
      steps: [{ export: events('a', 'b') }, { advance: '2 days' }],
    });

    expect(said(report)).toHaveLength(16);
    expect(report.metrics).toEqual({ events_seen: 2, retry_errors: 32, undelivered_events: 2 });
  });

  it('is not retried after any other error', async () => {
    const report = await bench(CODE, {
      storage: { fails: 1, final: true },
      steps: [{ export: events('a') }, { advance: '1 day' }, { export: events('b') }],
    });

    expect(said(report)).toEqual(['10:00:00 a', '10:00:00 b']);
    expect(report.metrics).toEqual({
      events_seen: 2,
      other_errors: 1,
      undelivered_events: 1,
      events_delivered_successfully: 1,
    });
    expect(report.steps).toEqual([{ output: null, error: 'for good' }, { output: null }, { output: 'exported' }]);
  });

  it('that takes too long is retried', async () => {
    const slow = `export const exportEvents = () => new Promise(() => {});`;

    const { metrics, errors } = await bench(slow, {
      timeout_seconds: 0.2,
      steps: [{ export: events('a') }, { advance: '6 seconds' }],
    });

    expect(metrics).toEqual({ events_seen: 1, retry_errors: 2 });
    expect(errors[1]).toEqual({
      hook: 'exportEvents',
      name: 'TimeoutError',
      message: 'exportEvents timed out after 0.2 s',
    });
  });

  it('gets what is left in the buffer at teardown', async () => {
    const report = await bench(CODE, { steps: [{ events: events('a') }, { teardown: true }] });

    expect(said(report)).toEqual(['10:00:00 a']);
  });

  it('is an error of the step where the plugin has none', async () => {
    const { steps } = await bench('', { steps: [{ export: [] }] });

    expect(steps[0]?.error).toContain('Task "exportEvents" not found');
  });
});
