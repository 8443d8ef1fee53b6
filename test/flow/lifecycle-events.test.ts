import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BusEvent } from '../../local/events/event-buses.ts';
import { createTestClock, type TestClock } from '../../local/time/test-clock.ts';
import { sendMessages } from '../../shared/aws/send-messages.ts';
import { LIFECYCLE_DETAILS, type LifecycleEventType } from '../../shared/lifecycle/lifecycle-details.ts';
import { type Job, taskMessage } from '../../shared/state/task.ts';
import { until } from '../local/processes.ts';
import { startEventBusServer } from '../support/event-bus-server.ts';
import { type FlowPlugin, type FlowProject, installProject, marking, packed } from '../support/flow-project.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';

const SECOND = 1000;
const CONTEXT = { 'processEvents.strikes': 2, 'runTasks.jobHopLimit': 3 };

/** What no lifecycle event may tell. */
const PRIVATE = 'nobody-is-to-read-this';

/** Ends the plugin host on events named `harm`. */
const HARMFUL: FlowPlugin = {
  name: 'harmful',
  code: `exports.processEvent = (event) => { while (event.event === 'harm'); return event; };`,
  config: { password: PRIVATE },
};

const privately = (project: FlowProject, event: string) => project.event({ event, properties: { content: PRIVATE } });

describe('an operator hears by the bus', { timeout: 60_000 }, () => {
  let clock: TestClock;
  let flow: FlowStack;
  beforeAll(async () => {
    clock = createTestClock();
    flow = await startFlowStack(CONTEXT, { clock });
  });
  afterAll(() => flow[Symbol.asyncDispose]());

  /** Events of a type about a plugin config. */
  const of = (type: LifecycleEventType, pluginConfig?: number): BusEvent[] =>
    flow.busEvents.filter(
      ({ 'detail-type': own, detail }) =>
        own === type && (detail as { pluginConfig?: number }).pluginConfig === pluginConfig,
    );
  const detailsOf = (type: LifecycleEventType, pluginConfig?: number) =>
    of(type, pluginConfig).map(({ detail }) => detail);
  const heard = (type: LifecycleEventType, pluginConfig?: number) =>
    until(`${type} is heard`, () => of(type, pluginConfig).length > 0);

  it('of a plugin that has ended the plugin host too often and is disabled', async () => {
    const project = await installProject(flow, [marking('before'), HARMFUL]);
    const [, id = 0] = project.pluginConfigs;

    await flow.run([packed([privately(project, 'harm'), privately(project, 'harm'), privately(project, 'fine')])]);

    await heard('Plugin disabled', id);
    expect(detailsOf('Plugin disabled', id)).toEqual([
      {
        version: 1,
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        function: 'process-events',
        pluginConfig: id,
        project: project.id,
        plugin: 'harmful',
        pluginVersion: expect.stringMatching(/^[0-9a-f]{64}$/),
        cause: 'host_ended',
        error: { name: 'TimeoutError', message: expect.stringContaining('1 second'), hook: 'processEvent' },
      },
    ]);
  });

  it('of setups that fail: those that are tried again, their success, and those that are given up at once', async () => {
    const project = await installProject(flow, [
      {
        name: 'hesitant',
        code: `exports.setupPlugin = async ({ cache }) => {
            if ((await cache.incr('setups')) < 2) throw new RetryError('not yet');
          };
          exports.processEvent = (event) => event;`,
      },
      { name: 'broken', code: `exports.setupPlugin = () => { throw new TypeError('never'); };` },
    ]);
    const [hesitant = 0, broken = 0] = project.pluginConfigs;

    await flow.run([JSON.stringify(privately(project, 'first'))]);
    await clock.advance(10 * SECOND);
    await flow.run([JSON.stringify(privately(project, 'second'))]);

    await heard('Plugin recovered', hesitant);
    expect(detailsOf('Plugin setup failed', hesitant)).toMatchObject([
      { final: false, attempt: 1, maxAttempts: 10, error: { name: 'RetryError', message: 'not yet' } },
    ]);
    expect(detailsOf('Plugin setup failed', broken)).toMatchObject([{ final: true, error: { message: 'never' } }]);
    expect(detailsOf('Plugin disabled', broken)).toMatchObject([{ cause: 'setup_failed', plugin: 'broken' }]);
    expect((await project.read(broken))?.enabled).toBe(false);
  });

  it('of an export that nobody takes, how many events it has, and why', async () => {
    const project = await installProject(flow, [
      { name: 'exporter', code: `exports.exportEvents = () => { throw new Error('The sink is gone'); };` },
    ]);
    const [id = 0] = project.pluginConfigs;

    await flow.run([packed([privately(project, 'a'), privately(project, 'b')])]);

    await heard('Export undelivered', id);
    expect(detailsOf('Export undelivered', id)).toMatchObject([
      { function: 'deliver-events', batches: 1, events: 2, error: { name: 'Error', message: 'The sink is gone' } },
    ]);
    expect(await flow.receiveAll('DeliveriesDeadLetterQueueUrl')).toHaveLength(1);
  });

  it('of the dead letters of a batch, with their number and their reasons', async () => {
    const project = await installProject(flow, [marking('plain')]);
    const { event: _, ...nameless } = privately(project, 'x');

    const { deadLetters } = await flow.run([packed([nameless, privately(project, 'fine'), nameless]), PRIVATE]);

    await heard('Events dead-lettered');
    const told = () => detailsOf('Events dead-lettered') as { events: number; reasons: Record<string, number> }[];
    expect(deadLetters).toHaveLength(3);
    // Both messages may have come in one batch, or in one each.
    await until('all are told of', () => told().reduce((sum, { events }) => sum + events, 0) === 3);
    const reasons = told().flatMap((detail) => Object.entries(detail.reasons));
    expect(reasons.toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ['missing_event', 2],
      ['not_json', 1],
    ]);
  });

  it('of jobs that lead to one another too often, and of one that is given up', async () => {
    const project = await installProject(flow, [
      {
        name: 'jobs',
        code: `exports.jobs = {
          hasty: async (_, { jobs }) => { await jobs.hasty({}).runNow(); },
          failing: () => { throw new RetryError('still not'); },
        };`,
      },
    ]);
    const [plugin = 0] = project.pluginConfigs;
    const job = (name: string, retries: number): Job => {
      return {
        kind: 'job',
        id: `${name}-${plugin}`,
        plugin,
        name,
        payload: '{}',
        runAt: clock.now(),
        hops: 0,
        retries,
      };
    };

    const messages = [job('hasty', 0), job('failing', 15)].map((one) => taskMessage(one));
    await sendMessages({ sqs: flow.sqs, sleep }, flow.outputs['TasksQueueUrl'] as string, messages);

    await heard('Hop limit reached', plugin);
    await heard('Job given up', plugin);
    expect(detailsOf('Hop limit reached', plugin)).toMatchObject([
      { function: 'run-tasks', kind: 'job', name: 'hasty', limit: 3, count: 1 },
    ]);
    expect(detailsOf('Job given up', plugin)).toMatchObject([
      { cause: 'retries_exhausted', job: 'failing', jobs: 1, error: { name: 'RetryError', message: 'still not' } },
    ]);
  });

  /** The last test: it looks at what the others have set off. */
  it('in the documented form, and nothing of what is in events, configs or secrets', () => {
    const types = new Set(flow.busEvents.map((event) => event['detail-type']));
    const problems = flow.busEvents.flatMap(({ 'detail-type': type, detail }) => {
      const { error } = LIFECYCLE_DETAILS[type as LifecycleEventType].safeParse(detail);
      return error === undefined ? [] : [`${type}: ${error.message}`];
    });

    expect(types).toEqual(new Set(Object.keys(LIFECYCLE_DETAILS)));
    expect(problems).toEqual([]);
    expect(new Set(flow.busEvents.map(({ source }) => source))).toEqual(new Set(['hoglet']));
    expect(JSON.stringify(flow.busEvents)).not.toContain(PRIVATE);
    expect(flow.metrics.sum('Hoglet', 'LifecycleEventsLost')).toBe(0);
  });
});

describe('a bus that fails', { timeout: 60_000 }, () => {
  it('loses its own events only, which are in the log and counted: no batch comes again', async () => {
    await using bus = await startEventBusServer(() => ({ status: 500, body: { __type: 'InternalException' } }));
    await using flow = await startFlowStack(CONTEXT, { functionEndpoints: { eventbridge: bus.url } });
    const project = await installProject(flow, [HARMFUL, marking('after')]);
    const [id = 0] = project.pluginConfigs;
    const sent = ['harm', 'harm', 'fine'].map((event) => privately(project, event));

    const { events, deadLetters } = await flow.run([packed(sent), 'no event']);

    await until('the loss is counted', () => flow.metrics.sum('Hoglet', 'LifecycleEventsLost') >= 2);
    expect(events.map(({ uuid }) => uuid)).toEqual(sent.map(({ uuid }) => uuid));
    expect(deadLetters.map(({ Body }) => Body)).toEqual(['no event']);
    expect((await project.read(id))?.enabled).toBe(false);
    expect(flow.metrics.sum('Hoglet', 'MessagesFailed')).toBe(0);
    expect(flow.metrics.sum('Hoglet', 'MessagesReceived', { function: 'process-events' })).toBe(2);
    expect(bus.requests.length).toBeGreaterThanOrEqual(3);
    const lost = flow.logLines.filter((line) => line.includes('were not put on the bus')).join('\n');
    expect(lost).toContain('"Plugin disabled"');
    expect(lost).not.toContain(PRIVATE);
  });
});
