import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestClock, type TestClock } from '../../local/time/test-clock.ts';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import { installProject, packed } from '../support/flow-project.ts';
import { eventsIn, type FlowStack, startFlowStack } from '../support/flow-stack.ts';

const MINUTE = 60_000;
/** A row of ten is as many rounds through two or three functions. */
const TEST_MILLISECONDS = 120_000;
const SETTLE_SECONDS = 90;
/** The setting's default. */
const LIMIT = 10;

let clock: TestClock;
let flow: FlowStack;
beforeEach(async () => {
  // Plugins see this machine's time, so the stack's begins with it: at the start of a minute, as rules are.
  clock = createTestClock({ startAt: Math.ceil(Date.now() / MINUTE) * MINUTE });
  flow = await startFlowStack({ 'processEvents.hookTimeoutSeconds': 5 }, { clock });
}, TEST_MILLISECONDS);
afterEach(() => flow[Symbol.asyncDispose]());

const arrived = (project: { id: number }): PluginEvent[] =>
  eventsIn(flow.arrived.messages).filter(({ team_id }) => team_id === project.id);
const until = (what: string, holds: () => boolean) =>
  vi.waitFor(() => expect(holds(), what).toBe(true), { timeout: SETTLE_SECONDS * 1000, interval: 20 });
const named = (events: PluginEvent[], name: string) => events.filter(({ event }) => event === name);
const refusals = () =>
  flow.logLines
    .filter((line) => line.includes('was not captured by plugin config'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const counted = (name: string, pluginConfig?: number) =>
  flow.metrics.sum('Hoglet', name, pluginConfig === undefined ? {} : { pluginConfig: String(pluginConfig) });

describe('a plugin that captures for each event that it sees', { timeout: TEST_MILLISECONDS }, () => {
  it('is stopped at the limit, in its log and as a metric, and nobody else is', async () => {
    const loop = await installProject(flow, [
      {
        name: 'loops',
        code: `exports.processEvent = async (event, { cache }) => {
          await cache.get('x');
          posthog.capture('again', { n: (event.properties.n ?? 0) + 1 });
          return event;
        };`,
      },
    ]);
    const neighbour = await installProject(flow, [
      {
        name: 'captures once',
        code: `exports.processEvent = (event) => { if (event.event !== 'echo') posthog.capture('echo'); return event; };`,
      },
    ]);
    const neighbours = Array.from({ length: 40 }, () => JSON.stringify(neighbour.event()));

    await flow.send([JSON.stringify(loop.event({ properties: {} })), ...neighbours]);
    await flow.settled(SETTLE_SECONDS);

    const again = named(arrived(loop), 'again');
    expect(again.map(({ properties }) => properties?.['n']).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: LIMIT }, (_, index) => index + 1),
    );
    for (const { properties } of again) expect(properties).toMatchObject({ $lib: 'posthog-plugin-server' });
    expect(new Set(again.map(({ uuid }) => uuid)).size).toBe(LIMIT);
    expect(named(arrived(neighbour), 'echo')).toHaveLength(neighbours.length);
    const [plugin] = loop.pluginConfigs;
    expect(refusals()).toMatchObject([
      {
        level: 'ERROR',
        pluginConfig: plugin,
        message: expect.stringMatching(new RegExp(`"again" .* plugin config ${plugin}: 10 captures`)),
      },
    ]);
    expect([counted('CaptureHopLimitReached'), counted('EventsCaptured', plugin)]).toEqual([1, LIMIT]);
  });

  it('is stopped when it does so by onEvent, and when it does so by a job', async () => {
    const byDelivery = await installProject(flow, [
      { name: 'loops by onEvent', code: `exports.onEvent = () => posthog.capture('delivered');` },
    ]);
    const byJob = await installProject(flow, [
      {
        name: 'loops by a job',
        code: `exports.processEvent = async (event, { jobs }) => { await jobs.x().runNow(); return event; };
          exports.jobs = { x: () => posthog.capture('worked') };`,
      },
    ]);

    await flow.send([byDelivery, byJob].map((project) => JSON.stringify(project.event())));

    const uuids = (project: { id: number }, name: string) =>
      new Set(named(arrived(project), name).map(({ uuid }) => uuid)).size;
    await until('both have come to their end', () => {
      const refused = refusals().map(({ pluginConfig }) => pluginConfig);
      return [byDelivery, byJob].every(({ pluginConfigs: [plugin] }) => refused.includes(plugin));
    });
    await flow.settled(SETTLE_SECONDS);
    expect([uuids(byDelivery, 'delivered'), uuids(byJob, 'worked')]).toEqual([LIMIT, LIMIT]);
  });
});

describe('what a plugin captures', { timeout: TEST_MILLISECONDS }, () => {
  it('is ingested, whether an event, a job or a scheduled task has led to it, and whoever waits for events gets it', async () => {
    const project = await installProject(flow, [
      {
        name: 'captures everywhere',
        code: `const first = (event) => event.event === 'first';
          exports.setupPlugin = () => posthog.capture('set up');
          exports.processEvent = (event) => { if (first(event)) posthog.capture('processed'); return { ...event, properties: { ...event.properties, seen: true } }; };
          exports.onEvent = async (event, { jobs }) => { if (first(event)) { posthog.capture('delivered'); await jobs.x().runNow(); } };
          exports.jobs = { x: () => posthog.capture('worked', { distinct_id: 'worker' }) };
          exports.runEveryMinute = () => posthog.capture('scheduled');`,
      },
      {
        name: 'exports',
        code: `exports.exportEvents = (events) => events.forEach(({ event }) => console.log('exported ' + event));`,
      },
    ]);

    await flow.send([JSON.stringify(project.event({ event: 'first' }))]);
    await clock.advance(3 * MINUTE);

    const names = ['set up', 'processed', 'delivered', 'worked', 'scheduled'];
    await until('all have arrived', () => names.every((name) => named(arrived(project), name).length > 0));
    for (const name of names)
      for (const event of named(arrived(project), name))
        expect(event).toMatchObject({
          distinct_id: name === 'worked' ? 'worker' : 'captures everywhere',
          properties: { $lib: 'posthog-plugin-server', seen: true },
        });
    for (const name of names)
      await until(`${name} is exported`, () => flow.logLines.some((line) => line.includes(`"exported ${name}"`)));
    expect(refusals()).toEqual([]);
  });

  it('has the same uuid when its event’s message is delivered twice, and when its event has none of its own', async () => {
    const project = await installProject(flow, [
      {
        name: 'slow',
        code: `exports.processEvent = async (event, { cache, jobs }) => {
          if (event.event !== 'slow') return event;
          await jobs.x().runNow();
          posthog.capture('before');
          const end = Date.now() + 2500; while (Date.now() < end);
          await cache.get('x');
          posthog.capture('after');
          return event;
        };
        exports.jobs = { x: () => posthog.capture('worked') };`,
      },
    ]);
    await flow.setVisibilityTimeout(1);
    const { uuid: _, ...event } = project.event({ event: 'slow' });

    await flow.send([packed([event])]);
    await until('it is at work', () => flow.processEvents.environments().some(({ state }) => state === 'busy'));
    // Meanwhile the message is there again.
    await clock.advance(2000);
    await until('it has come twice', () => named(arrived(project), 'after').length >= 2);
    await flow.settled(SETTLE_SECONDS);

    const uuids = (name: string) => named(arrived(project), name).map(({ uuid }) => uuid);
    expect(uuids('slow').length).toBeGreaterThan(1);
    await until('each job has run', () => uuids('worked').length >= uuids('slow').length);
    for (const name of ['slow', 'before', 'after', 'worked']) {
      expect(uuids(name).length).toBeGreaterThanOrEqual(uuids('slow').length);
      expect(new Set(uuids(name)).size).toBe(1);
    }
  });

  it('cannot be stopped or set going by a client that says how many captures have led to its event', async () => {
    const project = await installProject(flow, [
      {
        name: 'looks',
        code: `exports.processEvent = (event) => {
          if (event.event !== 'seen') posthog.capture('seen', { keys: Object.keys(event).sort().join(), hops: event.hops });
          return event;
        };`,
      },
    ]);
    const forged = project.event({ hops: LIMIT, captureHops: LIMIT, properties: { hops: LIMIT } });
    const bodies = [
      JSON.stringify({ v: 1, hops: LIMIT, captureHops: LIMIT, events: [project.event(), forged] }),
      JSON.stringify({ ...project.event(), hops: LIMIT }),
    ];

    const { events, messages } = await flow.run(bodies);

    const seen = named(events, 'seen');
    expect(seen).toHaveLength(3);
    const keys = seen.map(({ properties }) => properties?.['keys'] as string).filter((list) => !list.includes('hops'));
    expect(keys).toEqual([Object.keys(project.event()).sort().join()]);
    expect(
      events.filter(({ event }) => event !== 'seen').find(({ captureHops }) => captureHops === LIMIT),
    ).toMatchObject(forged);
    for (const event of seen) expect(Object.keys(event).filter((key) => /hops/i.test(key))).toEqual([]);
    for (const { MessageAttributes } of messages) expect(MessageAttributes ?? {}).toEqual({});
    expect(refusals()).toEqual([]);
  });
});

it('events of which nothing is captured cost no message more', async () => {
  const project = await installProject(flow, [
    { name: 'quiet', code: `exports.processEvent = (event) => event; const unused = () => posthog.capture('never');` },
  ]);

  await flow.run([packed(Array.from({ length: 200 }, () => project.event()))]);

  expect([counted('EventsCaptured'), counted('MessagesReceived')]).toEqual([0, 1]);
});
