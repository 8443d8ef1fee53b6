import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOST_METRICS, type HostMetricName } from '../../shared/aws/host-metrics.ts';
import { until } from '../local/processes.ts';
import { type FlowProject, installProject, packed } from '../support/flow-project.ts';
import { type FlowReports, flowReports } from '../support/flow-reports.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';

const EVENTS = 600;
/** In messages of ten, ten messages in a batch: at least six batches. */
const PER_MESSAGE = 10;

let flow: FlowStack;
let reports: FlowReports;
let project: FlowProject;
const startedAt = Date.now();

beforeAll(async () => {
  flow = await startFlowStack();
  reports = flowReports({ ...flow.place, outputs: flow.outputs });
  project = await installProject(flow, [
    {
      name: 'measuring',
      code: `exports.metrics = { total: 'sum', largest: 'max', least: 'min' };
        exports.setupPlugin = () => { console.info('set up'); };
        exports.processEvent = async (event, { metrics }) => {
          const { n } = event.properties;
          metrics.total.increment(n); metrics.largest.max(n); metrics.least.min(n);
          if (n % 10 === 0) console.log('saw ' + n);
          if (n % 50 === 0) throw new TypeError('no fifties');
          // Long enough for a second process to get some of the work.
          const end = Date.now() + 5; while (Date.now() < end);
          return n % 7 === 0 ? null : event;
        };`,
    },
    { name: 'exporting', code: `exports.exportEvents = () => {}; exports.processEvent = (event) => event;` },
  ]);
  const events = Array.from({ length: EVENTS }, (_, index) => project.event({ properties: { n: index + 1 } }));
  const bodies = Array.from({ length: EVENTS / PER_MESSAGE }, (_, index) =>
    packed(events.slice(index * PER_MESSAGE, (index + 1) * PER_MESSAGE)),
  );
  await flow.run(bodies);
}, 120_000);
afterAll(async () => {
  reports[Symbol.dispose]();
  await flow[Symbol.asyncDispose]();
});

const numbers = Array.from({ length: EVENTS }, (_, index) => index + 1);
const dropped = numbers.filter((n) => n % 7 === 0 && n % 50 !== 0).length;

it('when the queue is empty, the history has all that two processes have measured and counted, to the event', async () => {
  const [measuring = 0, exporting = 0] = project.pluginConfigs;
  const left = EVENTS - dropped;

  expect(await reports.history(measuring)).toEqual({
    total: (EVENTS * (EVENTS + 1)) / 2,
    largest: EVENTS,
    least: 1,
    'process-events EventsSeen': EVENTS,
    'process-events EventsDropped': dropped,
    'process-events HookFailures': EVENTS / 50,
  });
  expect(await reports.history(exporting)).toEqual({
    'process-events EventsSeen': left,
    'deliver-events EventsDelivered': left,
    events_seen: left,
    events_delivered_successfully: left,
  });
});

it('when the queue is empty, every line is there, with the process that wrote it and when', async () => {
  const [measuring = 0] = project.pluginConfigs;

  const said = await reports.log({ pluginConfig: measuring, types: ['LOG'], limit: 7 });
  const errors = await reports.log({ pluginConfig: measuring, sources: ['PLUGIN'] });
  const system = await reports.log({ pluginConfig: measuring, sources: ['SYSTEM'] });

  expect(said.map(({ message }) => message).toSorted()).toEqual(
    numbers
      .filter((n) => n % 10 === 0)
      .map((n) => `saw ${n}`)
      .toSorted(),
  );
  expect(new Set(said.map(({ instanceId }) => instanceId)).size).toBe(2);
  for (const { timestamp } of said) {
    expect(timestamp).toBeGreaterThan(startedAt);
    expect(timestamp).toBeLessThanOrEqual(Date.now());
  }
  expect(errors.length).toBeGreaterThan(0);
  expect(errors[0]?.message).toBe(`measuring (${measuring}) failed in processEvent: TypeError: no fifties`);
  const loaded = system.filter(({ message }) => message.startsWith('Plugin loaded'));
  for (const { instanceId, message } of loaded) expect(message).toContain(`(instance ID ${instanceId})`);
  // One in each process of process-events, and of deliver-events.
  expect(loaded.length).toBeGreaterThanOrEqual(3);
  expect(await reports.log({ pluginConfig: measuring, types: ['INFO'], sources: ['CONSOLE'] })).toHaveLength(
    loaded.length,
  );
});

it('a follower is given what an event leads to, after it', async () => {
  const [measuring = 0] = project.pluginConfigs;
  const { reader } = reports;
  const { newer } = await reader.latest({ pluginConfig: measuring, limit: 5 });
  let after = newer as string;
  const got: string[] = [];

  await flow.run([packed([project.event({ properties: { n: 1000 } })])]);
  await until('the line is there', async () => {
    const page = await reader.since({ pluginConfig: measuring, after });
    after = page.cursor;
    got.push(...page.entries.map(({ message }) => message));
    return got.length >= 2;
  });

  expect(got).toEqual(['saw 1000', `measuring (${measuring}) failed in processEvent: TypeError: no fifties`]);
});

it('every metric that a function counts in CloudWatch is in the table of metrics, with its unit and dimensions', () => {
  const own = ['total', 'largest', 'least', 'events_seen', 'events_delivered_successfully'];
  const found = flow.metrics.all().filter(({ dimensions }) => dimensions['function'] !== undefined);
  const ofPlugins = flow.metrics.all().filter(({ dimensions }) => dimensions['function'] === undefined);

  expect(new Set(ofPlugins.map(({ name }) => name))).toEqual(new Set(own));
  expect(found.length).toBeGreaterThan(15);
  for (const { name, unit, dimensions } of found) {
    const metric: { unit: string; functions: readonly string[]; perPluginConfig?: string } =
      HOST_METRICS[name as HostMetricName];
    expect([name, unit]).toEqual([name, metric.unit]);
    expect([name, metric.functions]).toEqual([name, expect.arrayContaining([dimensions['function']])]);
    if (dimensions['pluginConfig'] !== undefined) expect([name, metric.perPluginConfig]).not.toEqual([name, undefined]);
  }
});

/** The last test: the function is gone afterwards. */
it('when an environment is shut down, what its plugins say last is in the log', async () => {
  const [measuring = 0] = project.pluginConfigs;

  await flow.processEvents.stop();

  const lines = await reports.log({ pluginConfig: measuring, sources: ['SYSTEM'] });
  expect(lines.filter(({ message }) => message.startsWith('Plugin unloaded')).length).toBeGreaterThanOrEqual(2);
});
