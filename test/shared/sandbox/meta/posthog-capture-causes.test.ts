import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { isUuid } from '../../../../shared/event/event-uuid.ts';
import type { IncomingDelivery } from '../../../../shared/host/run-deliveries.ts';
import type { HookCall } from '../../../../shared/sandbox/hook-call.ts';
import { createTestHost, eventOf, pluginOf } from '../../../support/plugin-host.ts';

const host = createTestHost();
afterAll(() => host.stop());

const { captured, enqueued } = host.memory;
const soon = () => performance.now() + 60_000;

/** A message of events named after `names`, which so many captures have led to. */
function message(hops: number, ...names: string[]) {
  const events = names.map((name) => eventOf({ uuid: randomUUID(), event: name }));
  return { messageId: randomUUID(), body: JSON.stringify({ v: 1, events }), hops };
}

/** What was captured while it ran: each event's name, hop count and uuid. */
async function capturedBy(work: () => Promise<unknown>) {
  const from = captured.length;
  await work();
  return captured.slice(from).map(({ name, hops, uuid }) => ({ name, hops, uuid }));
}
const hopsByName = (events: { name: string; hops: number }[]) =>
  Object.fromEntries(events.map(({ name, hops }) => [name, hops]));
const uuids = (events: { uuid: string }[]) => events.map(({ uuid }) => uuid);

const EARLY_AND_LATE = `exports.processEvent = async (event, { cache }) => {
  posthog.capture(event.event + ' at once');
  await cache.get('x' + event.event);
  await posthog.capture(event.event + ' later');
  cache.get('y').then(() => posthog.capture(event.event + ' by itself'));
  return event;
};`;

describe('in the chain', () => {
  test('a capture counts one more than its own event, whatever else is under way, and whenever it is made', async () => {
    await host.use(pluginOf(1, EARLY_AND_LATE));

    const events = await capturedBy(() => host.run([message(0, 'a', 'b'), message(7, 'c'), message(2, 'd')], soon()));

    expect(hopsByName(events)).toEqual(
      Object.fromEntries(
        Object.entries({ a: 1, b: 1, c: 8, d: 3 }).flatMap(([name, hops]) =>
          ['at once', 'later', 'by itself'].map((when) => [`${name} ${when}`, hops]),
        ),
      ),
    );
  });

  test('a batch that comes again captures the same uuids, each once', async () => {
    const records = [message(0, 'a', 'b'), message(1, 'c')];
    await host.use(pluginOf(1, EARLY_AND_LATE));

    const first = await capturedBy(() => host.run(records, soon()));
    await host.use(pluginOf(1, `${EARLY_AND_LATE} // again`));
    const second = await capturedBy(() => host.run(records.toReversed(), soon()));

    expect(new Set(uuids(first)).size).toBe(9);
    expect(uuids(first).every(isUuid)).toBe(true);
    expect(new Set(uuids(second))).toEqual(new Set(uuids(first)));
  });

  test('one plugin config captures other uuids than another one, one hook others than another one', async () => {
    const code = `exports.processEvent = (event) => { posthog.capture('x'); return event; };
      exports.onEvent = () => posthog.capture('x');`;
    const record = message(0, 'a');
    await host.use(pluginOf(1, code), pluginOf(2, code));

    const events = await capturedBy(async () => {
      const { deliveries } = await host.run([record], soon());
      const messages = deliveries.flatMap(({ plugins, body }) => plugins.map((plugin) => ({ plugin, body, round: 0 })));
      await host.deliver(messages, soon());
    });

    expect(new Set(uuids(events)).size).toBe(4);
  });

  test('captures of one name and person are numbered, so that what comes in another order keeps its uuid', async () => {
    const record = message(0, 'a');
    const capturing = (order: string[]) =>
      capturedBy(async () => {
        const captures = order.map((name) => `posthog.capture('${name}', { distinct_id: 'me' });`).join('');
        await host.use(pluginOf(1, `exports.processEvent = (event) => { ${captures} return event; };`));
        await host.run([record], soon());
      });

    const first = await capturing(['x', 'y', 'x']);
    const second = await capturing(['y', 'x', 'x']);

    const of = (events: typeof first) => events.map(({ name, uuid }) => `${name} ${uuid}`).sort();
    expect(of(second)).toEqual(of(first));
    expect(new Set(uuids(first)).size).toBe(3);
  });

  test('a batch that is run again because another plugin ended the host captures the same uuids', async () => {
    const harmful = `exports.processEvent = (event) => {
      if (event.event === 'fatal') { event.uuid = 'changed'; const all = []; for (;;) all.push(new Array(1e6).fill(0)); }
      return event;
    };`;
    const changing = `exports.processEvent = (event) => ({ ...event, uuid: '01234567-89ab-4def-8123-456789abcdef' });`;
    await host.use(pluginOf(1, changing), pluginOf(2, EARLY_AND_LATE), pluginOf(3, harmful));

    const events = await capturedBy(() => host.run([message(0, 'a'), message(3, 'b'), message(0, 'fatal')], soon()));

    const [last] = Map.groupBy(events, ({ name }) => name).get('b later') ?? [];
    expect(last?.hops).toBe(4);
    for (const same of Map.groupBy(events, ({ name }) => name).values()) expect(new Set(uuids(same)).size).toBe(1);
    expect(new Set(uuids(events)).size).toBe(9);
  });

  test('what a buffer’s flush captures counts for the event with the most hops of the batch', async () => {
    const code = `const { createBuffer } = require('@posthog/plugin-contrib');
      exports.processEvent = (event, { global }) => {
        global.buffer ??= createBuffer({ limit: 1, onFlush: (events) => posthog.capture('flush of ' + events.join()) });
        global.buffer.add(event.event);
        return event;
      };`;
    await host.use(pluginOf(1, code));

    const events = await capturedBy(() => host.run([message(4, 'a'), message(0, 'b', 'c')], soon()));

    expect(events.map(({ hops }) => hops)).toEqual([5, 5, 5]);
  });

  test('a plugin that hides the word counts for the event with the most hops of the batch', async () => {
    const code = `const hidden = posthog['cap' + 'ture'];
      exports.processEvent = (event) => { hidden(event.event); return event; };`;
    await host.use(pluginOf(1, code));

    const events = await capturedBy(() => host.run([message(4, 'a'), message(0, 'b')], soon()));

    expect(hopsByName(events)).toEqual({ a: 5, b: 5 });
    expect(uuids(events).every(isUuid)).toBe(true);
  });

  test('an event cannot say how many captures have led to it, and no plugin sees it', async () => {
    const code = `exports.processEvent = (event) => {
      posthog.capture('seen ' + Object.keys(event).sort().join() + ' ' + event.hops);
      return event;
    };`;
    await host.use(pluginOf(1, code));
    const event = eventOf({ hops: 9, captureHops: 9, properties: { hops: 9 } });
    const body = JSON.stringify({ v: 1, hops: 9, captureHops: 9, events: [event] });

    const events = await capturedBy(() => host.run([{ messageId: 'm', body, hops: 2 }], soon()));

    expect(events).toMatchObject([{ name: `seen ${Object.keys(event).sort().join()} 9`, hops: 3 }]);
  });
});

describe('after the chain', () => {
  test('an event is delivered apart from those with other hop counts, which the delivery has', async () => {
    await host.use(pluginOf(1, `exports.onEvent = () => {};`), pluginOf(2, `exports.exportEvents = () => {};`));

    const { deliveries, messages } = await host.run(
      [message(0, 'a', 'b'), message(3, 'c'), message(0, 'd'), message(3, 'e')],
      soon(),
    );

    expect(deliveries.map(({ plugins, events, hops }) => ({ plugins, events, hops }))).toEqual([
      { plugins: [1, 2], events: 3, hops: undefined },
      { plugins: [1, 2], events: 2, hops: 3 },
    ]);
    expect(messages.map(({ events }) => events)).toEqual([5]);
  });

  test('without hops there is one delivery, which says nothing of them', async () => {
    await host.use(pluginOf(1, `exports.onEvent = () => posthog.capture('x');`));

    const { deliveries } = await host.run([message(0, 'a'), message(0, 'b')], soon());

    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]).not.toHaveProperty('hops');
  });

  const delivery = (plugin: number, hops: number, ...names: string[]): IncomingDelivery => {
    const events = names.map((name) => JSON.stringify(eventOf({ uuid: randomUUID(), event: name })));
    return { plugin, hops, round: 0, body: `{"v":1,"events":[${events.join('\n,')}\n]}` };
  };

  test('onEvent counts for its event, exportEvents for the event with the most hops that it got', async () => {
    await host.use(
      pluginOf(
        1,
        `exports.onEvent = async (event, { cache }) => { await cache.get('x'); posthog.capture(event.event); };`,
      ),
      pluginOf(
        2,
        `exports.exportEvents = async (events, { cache }) => { await cache.get('x'); posthog.capture('all'); };`,
      ),
      pluginOf(3, `exports.composeWebhook = () => { posthog.capture('hook'); return null; };`),
    );
    const messages = [
      delivery(1, 0, 'a'),
      delivery(1, 5, 'b'),
      delivery(2, 0, 'c'),
      delivery(2, 8, 'd'),
      delivery(3, 1, 'e'),
    ];

    const first = await capturedBy(() => host.deliver(messages, soon()));
    const second = await capturedBy(() => host.deliver(messages, soon()));

    expect(hopsByName(first)).toEqual({ a: 1, b: 6, all: 9, hook: 2 });
    expect(uuids(second).toSorted()).toEqual(uuids(first).toSorted());
    expect(new Set(uuids(first)).size).toBe(4);
  });
});

describe('jobs, scheduled tasks and setupPlugin', () => {
  test('a run captures the same uuids when it is made again, and others when it is another run', async () => {
    const code = `exports.runEveryMinute = async (meta) => { await meta.cache.get('x'); await posthog.capture('minute'); };
      exports.jobs = { x: () => posthog.capture('job') };`;
    await host.use(pluginOf(1, code));
    const run = (...calls: HookCall[]) => capturedBy(() => host.invoke(calls, soon()));
    const minute = { plugin: 1, hook: 'runEveryMinute', cause: '60000' };
    const job = { plugin: 1, hook: 'job x', cause: 'id:0', hops: 4 };

    const first = await run(minute, job);
    const again = await run(job, minute);
    const others = await run({ ...minute, cause: '120000' }, { ...job, cause: 'id:1' });

    expect(hopsByName(first)).toEqual({ minute: 1, job: 5 });
    expect(uuids(again).toSorted()).toEqual(uuids(first).toSorted());
    expect(new Set(uuids([...first, ...others])).size).toBe(4);
  });

  test('a job has the hops of the event that makes it', async () => {
    const code = `exports.processEvent = async (event, { jobs, cache }) => {
        await cache.get('x');
        await jobs.x(event.event).runNow();
        return event;
      };
      exports.jobs = { x: () => posthog.capture('x') };`;
    await host.use(pluginOf(1, code));
    const from = enqueued.length;

    await host.run([message(0, 'a'), message(3, 'b')], soon());

    expect(enqueued.slice(from).map(({ payload, captureHops }) => [payload, captureHops])).toEqual([
      ['"a"', undefined],
      ['"b"', 3],
    ]);
  });

  test('a job that an event makes again when it comes again is known to be the same, one that it makes as well is not', async () => {
    const code = `exports.processEvent = (event, { jobs }) => { for (const n of [1, 2, 2]) jobs.x(n).runIn(1, 'hour'); return event; };
      exports.jobs = { x: () => posthog.capture('x') };`;
    await host.use(pluginOf(1, code));
    const records = [message(0, 'a')];
    const from = enqueued.length;

    for (let times = 0; times < 2; times++) await host.run(records, soon());

    const causes = enqueued.slice(from).map(({ cause }) => cause);
    expect(causes.slice(3)).toEqual(causes.slice(0, 3));
    expect(new Set(causes).size).toBe(3);
    expect(causes.every(isUuid)).toBe(true);
  });

  test('what setupPlugin captures counts 1, also what it does later, amid events with hops', async () => {
    const code = `let go;
      exports.setupPlugin = () => { new Promise((resolve) => { go = resolve; }).then(() => posthog.capture('late')); posthog.capture('set up'); };
      exports.processEvent = (event) => { go(); return event; };`;

    const events = await capturedBy(async () => {
      await host.use(pluginOf(1, code));
      await host.run([message(6, 'a')], soon());
    });

    expect(hopsByName(events)).toEqual({ 'set up': 1, late: 1 });
  });
});
