import type { Message } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestClock, type TestClock } from '../../local/time/test-clock.ts';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import { type FlowProject, installProject, packed } from '../support/flow-project.ts';
import { flowReports } from '../support/flow-reports.ts';
import { type FlowStack, startFlowStack, storyOf } from '../support/flow-stack.ts';
import { type HttpSink, startHttpSink } from '../support/http-sink.ts';
import { minuteRulesOf } from '../support/schedules.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

let clock: TestClock;
let flow: FlowStack;
let sink: HttpSink;
let project: FlowProject;
beforeEach(async () => {
  clock = createTestClock();
  flow = await startFlowStack({ allowPrivateNetworks: true }, { clock });
  sink = await startHttpSink();
  project = await installProject(flow, [
    {
      name: 'exporter',
      code: `exports.exportEvents = async (events, { config }) => {
        const response = await fetch(config.url + '/export', { method: 'POST', body: JSON.stringify(events) });
        if (response.status === 503) throw new RetryError('The sink is away');
      };`,
      config: { url: sink.url },
    },
  ]);
});
afterEach(async () => {
  await flow[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});

const attempts = () => sink.requests.get('/export') ?? 0;
const exported = () => (sink.received.get('/export') ?? []).flat() as PluginEvent[];
const counted = () =>
  Object.fromEntries(
    ['events_seen', 'events_delivered_successfully', 'retry_errors', 'other_errors', 'undelivered_events'].map(
      (name) => [name, flow.metrics.sum('Hoglet', name)],
    ),
  );
const refuse = (times: number) => {
  let left = times;
  sink.answers.set('/export', () => (left-- > 0 ? 503 : 200));
};
const twoEvents = () => packed([project.event({ event: 'a' }), project.event({ event: 'b' })]);

/** As process-events sends it. */
const delivery = (body: string): Message => ({
  Body: body,
  MessageAttributes: {
    pluginConfig: { DataType: 'String', StringValue: String(project.pluginConfigs[0]) },
    events: { DataType: 'String', StringValue: '2' },
  },
});

describe('a batch that exportEvents asks to have again', { timeout: 60_000 }, () => {
  it('is tried again within seconds, until it is taken', async () => {
    refuse(3);
    await flow.run([twoEvents()]);

    const atFirst = attempts();
    await clock.advance(60 * SECOND);

    expect([atFirst, attempts()]).toEqual([1, 4]);
    expect(exported().map(({ event }) => event)).toEqual(['a', 'b']);
    expect(counted()).toEqual({
      events_seen: 2,
      events_delivered_successfully: 2,
      retry_errors: 6,
      other_errors: 0,
      undelivered_events: 0,
    });
  });

  it('is a dead letter after 15 retries in 22 hours, and starts anew when it is sent again', async () => {
    refuse(16);
    // They have nothing to do with it, and 22 hours of them take a while.
    await (await minuteRulesOf(flow.place)).switchOff();
    await flow.run([twoEvents()]);

    await clock.advance(21 * HOUR);
    const beforeTheLast = attempts();
    await clock.advance(1.5 * HOUR);
    const letters = await flow.receiveAll('DeliveriesDeadLetterQueueUrl');

    expect([beforeTheLast, attempts()]).toEqual([15, 16]);
    expect(counted()).toMatchObject({ events_seen: 2, retry_errors: 32, undelivered_events: 2 });
    const [story] = letters.map(storyOf);
    expect(letters).toHaveLength(1);
    expect(story).toMatchObject({ only: 'exportEvents', round: '1', events: '2', reason: 'export_failed' });
    expect(story?.['detail']).toContain('The sink is away');
    expect(flow.logLines.some((line) => line.includes('2 events were not exported and are dead letters now'))).toBe(
      true,
    );

    using reports = flowReports({ ...flow.place, outputs: flow.outputs }, clock.now);
    const [exporter = 0] = project.pluginConfigs;
    const series = await reports.series(exporter);
    const errors = series.find(({ name }) => name === 'retry_errors')?.points ?? [];
    expect(await reports.history(exporter)).toMatchObject({ events_seen: 2, retry_errors: 32, undelivered_events: 2 });
    expect(errors.length).toBeGreaterThan(3);
    expect(Math.max(...errors.map(({ hour }) => hour)) - (errors[0]?.hour ?? 0)).toBeGreaterThan(20 * HOUR);
    expect(
      (await reports.log({ pluginConfig: exporter, sources: ['SYSTEM'] })).map(({ message }) => message),
    ).toContainEqual(expect.stringContaining('2 events were not exported and are dead letters now'));

    refuse(1);
    await flow.sendAgain('DeliveriesQueueUrl', letters);
    await flow.settled();
    await clock.advance(10 * SECOND);

    expect(exported().map(({ event }) => event)).toEqual(['a', 'b']);
  });

  it('is tried again once when its delivery arrives twice', async () => {
    refuse(2);
    const body = twoEvents();

    await flow.sendAgain('DeliveriesQueueUrl', [delivery(body)]);
    await flow.settled();
    await flow.sendAgain('DeliveriesQueueUrl', [delivery(body)]);
    await flow.settled();
    await clock.advance(HOUR);

    expect(attempts()).toBe(3);
    expect(exported()).toHaveLength(2);
  });

  it('is a dead letter at once when its plugin is disabled meanwhile', async () => {
    refuse(100);
    await flow.run([twoEvents()]);
    await project.change(project.pluginConfigs[0] as number, { enabled: false });

    await clock.advance(30 * SECOND);

    const letters = await flow.receiveAll('DeliveriesDeadLetterQueueUrl');
    expect(letters.map(storyOf)).toMatchObject([{ detail: expect.stringContaining('PluginDisabledError') as string }]);
    expect(attempts()).toBe(1);
  });
});
