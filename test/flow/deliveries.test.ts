import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import { until } from '../local/processes.ts';
import { type FlowPlugin, type FlowProject, installProject, packed } from '../support/flow-project.ts';
import { eventsIn, type FlowStack, startFlowStack } from '../support/flow-stack.ts';
import { type HttpSink, startHttpSink } from '../support/http-sink.ts';

const EVENTS = 1000;
/** What is left of a batch when its process dies comes again after this, instead of the deployment's 78 s. */
const VISIBILITY_SECONDS = 4;

let flow: FlowStack;
let sink: HttpSink;
beforeEach(async () => {
  flow = await startFlowStack({ allowPrivateNetworks: true });
  sink = await startHttpSink();
});
afterEach(async () => {
  await flow[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});

const posting = (path: string, what: string) =>
  `fetch(config.url + '${path}', { method: 'POST', body: JSON.stringify(${what}) })
    .then((response) => { if (!response.ok) throw new Error('The sink answered ' + response.status); })`;

const exporter = (path: string, config: Record<string, unknown> = {}): FlowPlugin => ({
  name: `exports to ${path}`,
  code: `exports.exportEvents = (events, { config }) => ${posting(path, 'events')};`,
  config: { url: sink.url, ...config },
});
const listener = (path: string): FlowPlugin => ({
  name: `sends to ${path}`,
  code: `exports.onEvent = (event, { config }) => ${posting(path, 'event')};`,
  config: { url: sink.url },
});
const dropper: FlowPlugin = {
  name: 'drops every seventh',
  code: `exports.processEvent = (event) => event.properties.n % 7 === 0 ? null : { ...event, properties: { ...event.properties, seen: true } };`,
};

/** Events numbered from 1 in messages of 20. */
function bodies(project: FlowProject, count = EVENTS): string[] {
  const events = Array.from({ length: count }, (_, index) => project.event({ properties: { n: index + 1 } }));
  return Array.from({ length: count / 20 }, (_, index) => packed(events.slice(index * 20, index * 20 + 20)));
}
const kept = Array.from({ length: EVENTS }, (_, index) => index + 1).filter((n) => n % 7 !== 0);
const arrivedAt = (path: string) => (sink.received.get(path) ?? []).flat() as PluginEvent[];
const numbersOf = (events: PluginEvent[]) =>
  [...new Set(events.map(({ properties }) => properties?.['n'] as number))].toSorted((a, b) => a - b);

describe('events that leave the chain', () => {
  it('arrive each at every plugin that waits for them, as they are ingested', { timeout: 60_000 }, async () => {
    const project = await installProject(flow, [
      dropper,
      exporter('/export', { exportEventsBufferBytes: '20000' }),
      listener('/event'),
    ]);

    const { events } = await flow.run(bodies(project));

    for (const path of ['/export', '/event']) {
      expect(numbersOf(arrivedAt(path))).toEqual(kept);
      expect(arrivedAt(path)).toHaveLength(kept.length);
    }
    const ingested = new Map(events.map((event) => [event.uuid, event]));
    for (const event of arrivedAt('/export')) expect(event).toEqual(ingested.get(event.uuid));
    const batches = (sink.received.get('/export') ?? []) as PluginEvent[][];
    const lengths = batches.map((batch) => batch.reduce((sum, event) => sum + JSON.stringify(event).length, 0));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(20_000);
    const id = { pluginConfig: String(project.pluginConfigs[1]) };
    const counted = (name: string) => flow.metrics.sum('Hoglet', name, id);
    expect([counted('events_seen'), counted('events_delivered_successfully')]).toEqual([kept.length, kept.length]);
  });

  it('are not held up by another plugin that never answers', { timeout: 60_000 }, async () => {
    const project = await installProject(flow, [
      { name: 'hangs', code: `exports.exportEvents = () => new Promise(() => {});` },
      { name: 'hangs, too', code: `exports.onEvent = () => new Promise(() => {});` },
      listener('/event'),
    ]);

    await flow.send(bodies(project, 200));

    await until('all events have arrived', () => numbersOf(arrivedAt('/event')).length === 200);
    expect(numbersOf(arrivedAt('/event'))).toHaveLength(200);
  });

  it('become dead letters that can be sent again when exportEvents fails for good', { timeout: 60_000 }, async () => {
    const project = await installProject(flow, [exporter('/export')]);
    sink.answers.set('/export', () => 400);

    await flow.run(bodies(project, 40));
    const letters = await flow.receiveAll('DeliveriesDeadLetterQueueUrl');
    sink.answers.clear();
    await flow.sendAgain('DeliveriesQueueUrl', letters);
    await flow.settled();

    expect(letters[0]?.MessageAttributes?.['detail']?.StringValue).toBe('Error: The sink answered 400');
    expect(numbersOf(arrivedAt('/export'))).toHaveLength(40);
    const counted = (name: string) => flow.metrics.sum('Hoglet', name);
    expect([counted('events_seen'), counted('undelivered_events'), counted('events_delivered_successfully')]).toEqual([
      80, 40, 40,
    ]);
    const { error } = (await project.read(project.pluginConfigs[0] as number)) ?? {};
    expect(error).toMatchObject({ hook: 'exportEvents', message: 'The sink answered 400' });
  });
});

it('killing deliver-events in the middle loses nothing', { timeout: 90_000 }, async () => {
  const project = await installProject(flow, [
    dropper,
    {
      ...exporter('/export', { exportEventsBufferBytes: '4000' }),
      code: `exports.exportEvents = async (events, { config }) => {
        const until = Date.now() + 20; while (Date.now() < until);
        await ${posting('/export', 'events')};
      };`,
    },
    listener('/event'),
  ]);
  await flow.setVisibilityTimeout(VISIBILITY_SECONDS, flow.outputs['DeliveriesQueueUrl']);
  const sending = flow.send(bodies(project));

  const killed = new Set<number>();
  while (killed.size < 2) {
    const share = (killed.size + 1) * 100;
    await until(`more than ${share} events have arrived`, () => arrivedAt('/export').length > share);
    await until('another process is at work', () => {
      const busy = flow.deliverEvents.environments().find(({ state }) => state === 'busy')?.processId;
      if (busy === undefined || killed.has(busy)) return false;
      killed.add(busy);
      return process.kill(busy, 'SIGKILL');
    });
    await sleep(50);
  }
  await sending;
  await flow.settled(60);

  expect(flow.logLines.filter((line) => line.includes('signal: killed')).length).toBeGreaterThan(0);
  for (const path of ['/export', '/event']) expect(numbersOf(arrivedAt(path))).toEqual(kept);
  const uuids = new Set(eventsIn(flow.arrived.messages).map(({ uuid }) => uuid));
  expect(arrivedAt('/export').filter(({ uuid }) => !uuids.has(uuid))).toEqual([]);
});
