import { afterAll, expect, test } from 'vitest';
import { mergeOutputs } from '../../../../shared/host/batch-output.ts';
import { createPluginCalls } from '../../../support/plugin-calls.ts';
import { pluginOf } from '../../../support/plugin-host.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

const before = `exports.metrics = { total: 'sum', most: 'MAX', least: 'min', ignored: 5 };`;

test('metrics are reported with their batch, each by its operation', async () => {
  const body = `
    metrics.total.increment(100); metrics.total.increment(10); metrics.total.increment(-10);
    metrics['most'].max(5); metrics['most'].max(10); metrics['most'].max(7);
    metrics['least'].min(4); metrics['least'].min(1); metrics['least'].min(3);
    return typeof metrics.total.increment(0)`;

  const { result, batch, plugin } = await run(body, { before });

  expect(result).toBe('undefined');
  expect(batch.metrics).toEqual([
    { plugin, name: 'total', operation: 'sum', value: 100 },
    { plugin, name: 'most', operation: 'max', value: 10 },
    { plugin, name: 'least', operation: 'min', value: 1 },
  ]);
});

test('a zero counts like any other value', async () => {
  const { batch } = await run(`metrics.most.max(0); metrics.most.max(-5)`, { before });

  expect(batch.metrics).toMatchObject([{ name: 'most', value: 0 }]);
});

test('metrics begin anew with each batch, and a batch without any reports none', async () => {
  const { batch } = await run(`return 1`, { before });

  expect(batch.metrics).toBeUndefined();
});

test.each([
  ['a method of another operation', `metrics.total.max(1)`, 'TypeError: metrics.total.max is not a function'],
  ['a name that is not declared', `metrics.nothing`, 'IllegalOperationError: Invalid metric name'],
  ['a declared value that was no text', `metrics.ignored`, 'IllegalOperationError: Invalid metric name'],
  [
    'a value that is no number',
    `metrics.total.increment('1')`,
    'Error: Only numbers are allowed for operations on metrics',
  ],
])('metrics refuse %s', async (_, body, message) => {
  const { result } = await run(body, { before });

  expect(result).toBe(message);
});

test('metrics take NaN without an error and leave it out', async () => {
  const { result, batch } = await run(`metrics.total.increment(NaN); metrics.total.increment(2); return 'done'`, {
    before,
  });

  expect(result).toBe('done');
  expect(batch.metrics).toMatchObject([{ name: 'total', value: 2 }]);
});

test('a plugin that declares another metric type does not load', async () => {
  const [loaded] = await host.use(pluginOf(1000, `exports.metrics = { a: 'avg', b: 'sum', c: 'Median' }`));

  expect(loaded?.error).toMatchObject({
    hook: 'load',
    name: 'IllegalOperationError',
    message: "Only 'sum', 'max', and 'min' are supported as metric types. Invalid types received: avg, Median",
  });
});

test('loading tells which metrics a plugin declares, those of exportEvents included', async () => {
  const [loaded] = await host.use(pluginOf(1001, `exports.metrics = { mine: 'Max' }; exports.exportEvents = () => {}`));

  expect(loaded?.metrics).toEqual({
    events_seen: 'sum',
    events_delivered_successfully: 'sum',
    undelivered_events: 'sum',
    retry_errors: 'sum',
    other_errors: 'sum',
    mine: 'max',
  });
});

test('metrics of messages that ran one by one are put together', async () => {
  const outputs = [
    (await run(`metrics.total.increment(1); metrics.least.min(2)`, { before })).batch,
    (await run(`metrics.total.increment(5); metrics.least.min(3)`, { before })).batch,
  ].map((batch) => ({ ...batch, metrics: (batch.metrics ?? []).map((metric) => ({ ...metric, plugin: 1 })) }));

  expect(mergeOutputs(outputs).metrics).toEqual([
    { plugin: 1, name: 'total', operation: 'sum', value: 6 },
    { plugin: 1, name: 'least', operation: 'min', value: 2 },
  ]);
});
