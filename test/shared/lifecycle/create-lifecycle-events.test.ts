import { describe, expect, it } from 'vitest';
import type { BusEntry, RefusedEntry } from '../../../shared/aws/event-bus.ts';
import { createLifecycleEvents, type LostEvents } from '../../../shared/lifecycle/create-lifecycle-events.ts';
import type { LifecycleEvent } from '../../../shared/lifecycle/lifecycle-event.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');

const ERROR = { name: 'TypeError', message: 'no', hook: 'setupPlugin' };
const recovered = (pluginConfig: number): LifecycleEvent => ({ type: 'Plugin recovered', pluginConfig });
const disabled = (more: Partial<LifecycleEvent<'Plugin disabled'>> = {}): LifecycleEvent => ({
  type: 'Plugin disabled',
  pluginConfig: 7,
  project: 1,
  plugin: 'GeoIP',
  pluginVersion: 'c0de',
  cause: 'setup_failed',
  error: ERROR,
  ...more,
});

type Put = (entries: readonly BusEntry[], call: number) => RefusedEntry[] | 'never';

/** A bus on a clock of its own: a call that is not answered takes all of its time, a wait as long as it is. */
function harness(put: Put = () => []) {
  const calls: BusEntry[][] = [];
  const lost: LostEvents[] = [];
  let time = 0;
  let ids = 0;
  const lifecycle = createLifecycleEvents({
    functionName: 'process-events',
    bus: {
      async put(entries, limitMilliseconds) {
        calls.push([...entries]);
        const refused = put(entries, calls.length);
        if (refused !== 'never') return refused;
        time += limitMilliseconds;
        return entries.map((_, index) => ({ index, code: 'TimeoutError', reason: 'no answer', retry: true }));
      },
    },
    now: () => NOW + time,
    clock: () => time,
    async sleep(milliseconds) {
      time += milliseconds;
    },
    newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    onLost: (events) => void lost.push(events),
  });
  const details = () => calls.flat().map(({ detail }) => JSON.parse(detail) as Record<string, unknown>);
  return { ...lifecycle, calls, details, lost, elapsed: () => time };
}

const refuse =
  (code: string, retry = true) =>
  (entries: readonly BusEntry[]) =>
    entries.map((_, index) => ({ index, code, reason: 'because', retry }));

describe('lifecycle events', () => {
  it('wait until the invocation has done its work, and then go in one call, each with an id and who tells it', async () => {
    const { tell, flush, calls } = harness();
    tell(disabled());
    tell(recovered(8));
    const before = calls.length;

    await flush(2000);
    await flush(2000);

    expect(before).toBe(0);
    expect(calls.map((entries) => entries.map((entry) => ({ ...entry, detail: JSON.parse(entry.detail) })))).toEqual([
      [
        {
          detailType: 'Plugin disabled',
          time: NOW,
          detail: {
            version: 1,
            id: '00000000-0000-4000-8000-000000000001',
            function: 'process-events',
            pluginConfig: 7,
            project: 1,
            plugin: 'GeoIP',
            pluginVersion: 'c0de',
            cause: 'setup_failed',
            error: ERROR,
          },
        },
        { detailType: 'Plugin recovered', time: NOW, detail: expect.objectContaining({ pluginConfig: 8 }) },
      ],
    ]);
  });

  it('cost nothing when there are none', async () => {
    const { flush, calls } = harness();

    await flush(2000);

    expect(calls).toEqual([]);
  });

  it('of the same kind are one: counts are sums, and the latest error is told', async () => {
    const { tell, flush, details } = harness();
    const later = { name: 'Error', message: 'the latest' };
    const undelivered = { type: 'Export undelivered', pluginConfig: 7, batches: 1 } as const;
    const job = { type: 'Job given up', pluginConfig: 7, cause: 'retries_exhausted', jobs: 1 } as const;
    const hops = { type: 'Hop limit reached', pluginConfig: 7, kind: 'capture', limit: 10, count: 1 } as const;

    tell({ ...undelivered, events: 10, error: ERROR });
    tell({ ...undelivered, events: 5, error: later });
    tell({ ...undelivered, pluginConfig: 8, events: 1, error: ERROR });
    tell({ ...job, job: 'a', error: ERROR });
    tell({ ...job, job: 'a', error: later });
    tell({ ...job, job: 'b', error: ERROR });
    tell({ ...hops, name: 'first' });
    tell({ ...hops, name: 'second' });
    tell({ ...hops, kind: 'job', name: 'third' });
    tell({ type: 'Events dead-lettered', messages: 1, events: 2, reasons: { not_json: 2 } });
    tell({ type: 'Events dead-lettered', messages: 2, events: 2, reasons: { not_json: 1, missing_event: 1 } });
    tell(disabled());
    tell(disabled({ error: later }));
    await flush(2000);

    const common = ['version', 'id', 'function'];
    const particulars = details().map((detail) =>
      Object.fromEntries(Object.entries(detail).filter(([field]) => !common.includes(field))),
    );
    expect(particulars).toEqual([
      { pluginConfig: 7, batches: 2, events: 15, error: later },
      { pluginConfig: 8, batches: 1, events: 1, error: ERROR },
      { pluginConfig: 7, cause: 'retries_exhausted', job: 'a', jobs: 2, error: later },
      { pluginConfig: 7, cause: 'retries_exhausted', job: 'b', jobs: 1, error: ERROR },
      { pluginConfig: 7, kind: 'capture', limit: 10, name: 'first', count: 2 },
      { pluginConfig: 7, kind: 'job', limit: 10, name: 'third', count: 1 },
      { messages: 3, events: 4, reasons: { not_json: 3, missing_event: 1 } },
      expect.objectContaining({ cause: 'setup_failed', error: later }),
    ]);
  });

  it('go ten at a time, and ten of the longest are less than PutEvents takes', async () => {
    const { tell, flush, calls } = harness();
    const endless = '\u0000'.repeat(100_000);
    const event = { uuid: endless, event: endless };
    const error = { name: endless, message: endless, hook: endless, event };

    for (let pluginConfig = 0; pluginConfig < 25; pluginConfig++)
      tell(disabled({ pluginConfig, plugin: endless, pluginVersion: endless, error }));
    await flush(2000);

    expect(calls.map(({ length }) => length)).toEqual([10, 10, 5]);
    for (const entries of calls)
      expect(entries.reduce((sum, { detail }) => sum + Buffer.byteLength(detail) + 100, 0)).toBeLessThan(1_000_000);
  });

  it('have no text longer than 1,000 characters, nor half a character at its end', async () => {
    const { tell, flush, details } = harness();

    tell(disabled({ error: { ...ERROR, message: `${'x'.repeat(999)}😀😀` } }));
    await flush(2000);

    expect(details()[0]?.['error']).toMatchObject({ message: `${'x'.repeat(999)}\ufffd` });
  });

  it('carry nothing that is not documented, whatever a plugin has made of its error', async () => {
    const { tell, flush, calls, lost } = harness();

    tell(disabled({ error: { ...ERROR, message: { secret: 'sk_live' } as unknown as string } }));
    tell(recovered(8));
    await flush(2000);

    expect(calls.flat().map(({ detailType }) => detailType)).toEqual(['Plugin recovered']);
    expect(lost).toMatchObject([{ count: 1, reason: expect.stringContaining('error.message') }]);
    expect(JSON.stringify(lost)).not.toContain('sk_live');
  });

  it('are a thousand at the most; how many more there were is told', async () => {
    const { tell, flush, calls, lost } = harness();

    for (let pluginConfig = 0; pluginConfig < 1007; pluginConfig++) tell(recovered(pluginConfig));
    tell(recovered(3));
    await flush(2000);

    expect(calls.flat()).toHaveLength(1000);
    expect(lost).toEqual([{ count: 7, reason: 'there were more than 1000', events: [] }]);
  });
});

describe('a bus that does not take everything', () => {
  it('is asked again for what it did not take, alone', async () => {
    const { tell, flush, calls, lost, elapsed } = harness((_, call) =>
      call === 1 ? [{ index: 1, code: 'ThrottlingException', reason: 'slow down', retry: true }] : [],
    );
    for (const id of [1, 2, 3]) tell(recovered(id));

    await flush(2000);

    const [first = [], second = []] = calls;
    expect([calls.length, first.length, second]).toEqual([2, 3, [first[1]]]);
    expect([lost, elapsed()]).toEqual([[], 100]);
  });

  it('is asked three times in all; then the events are lost, as they would have been sent', async () => {
    const { tell, flush, calls, lost, elapsed } = harness(refuse('InternalException'));
    tell(recovered(1));

    await flush(2000);

    expect([calls.length, elapsed()]).toEqual([3, 300]);
    expect(lost).toEqual([
      {
        count: 1,
        reason: 'InternalException: because',
        events: [{ type: 'Plugin recovered', detail: expect.objectContaining({ pluginConfig: 1 }) }],
      },
    ]);
  });

  it('is not asked again for what it will never take', async () => {
    const { tell, flush, calls, lost } = harness(refuse('AccessDeniedException', false));
    tell(recovered(1));

    await flush(2000);

    expect([calls.length, lost.length]).toEqual([1, 1]);
  });

  it('and never answers has two seconds, not more', async () => {
    const { tell, flush, calls, lost, elapsed } = harness(() => 'never');
    for (let id = 0; id < 10; id++) tell(recovered(id));

    await flush(2000);

    expect(calls).toHaveLength(3);
    expect(elapsed()).toBeLessThanOrEqual(2000);
    expect(lost).toMatchObject([{ count: 10, reason: 'TimeoutError: no answer' }]);
  });

  it('is not asked at all when the time is over', async () => {
    const { tell, flush, calls, lost } = harness();
    tell(recovered(1));

    await flush(-100);

    expect(calls).toEqual([]);
    expect(lost).toMatchObject([{ count: 1, reason: 'there was no time left' }]);
  });

  it('keeps nobody from going on: what is told later is sent later', async () => {
    const { tell, flush, calls, lost } = harness((_, call) => {
      if (call === 1) throw new Error('a mistake');
      return [];
    });
    tell(recovered(1));
    await flush(2000);
    tell(recovered(2));
    await flush(2000);

    expect(lost).toEqual([{ count: 1, reason: 'Error: a mistake', events: [] }]);
    expect(calls).toHaveLength(2);
  });
});
