import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { HOUR_MILLISECONDS, hourOf, type MetricValue } from '../../shared/state/plugin-metrics.ts';
import { itemBytes, type StateItem } from '../../shared/state/state-item.ts';
import { atCall, losesAnswer, refused, reportStores, throttled } from './report-stores.ts';
import type { AwsCommand } from './state-implementations.ts';

const stores = reportStores();

const sum = (name: string, value: number): MetricValue => ({ source: 'plugin', name, operation: 'sum', value });
const max = (name: string, value: number): MetricValue => ({ source: 'plugin', name, operation: 'max', value });
const min = (name: string, value: number): MetricValue => ({ source: 'plugin', name, operation: 'min', value });
const host = (name: string, value: number): MetricValue => ({ source: 'host', name, operation: 'sum', value });

/** Values by name over some hours up to now. */
async function read(pluginConfig: number, hours = 1): Promise<Record<string, number[]>> {
  const to = stores.now();
  const series = await stores.metrics().read({ pluginConfig, from: to - (hours - 1) * HOUR_MILLISECONDS, to });
  return Object.fromEntries(series.map(({ name, points }) => [name, points.map(({ value }) => value)]));
}

async function itemsOf(pluginConfig: number): Promise<StateItem[]> {
  const { Items = [] } = await stores.table.dynamodb.send(
    new QueryCommand({
      TableName: stores.table.table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: {
        ':pk': `plugin-metrics#${pluginConfig}#${new Date(stores.now()).toISOString().slice(0, 10)}`,
      },
    }),
  );
  return Items as StateItem[];
}

describe('the history of metrics', () => {
  it('is exact when four environments measure at once, whatever the order of their writes', async () => {
    const plugin = stores.newPlugin();
    const writers = Array.from({ length: 4 }, () => stores.writer());

    const measured = await Promise.all(
      writers.map(async (writer, id) => {
        const values: number[] = [];
        for (let batch = 0; batch < 25; batch++) {
          const value = ((id * 7919 + batch * 104_729) % 1009) - 300;
          values.push(value);
          writer.metrics.add(plugin, [sum('total', value), max('most', value), min('least', value)]);
          if (batch % 3 !== id % 3) await writer.flush();
        }
        await writer.flush();
        return values;
      }),
    );

    const all = measured.flat();
    expect(await read(plugin)).toEqual({
      total: [all.reduce((one, other) => one + other, 0)],
      most: [Math.max(...all)],
      least: [Math.min(...all)],
    });
  });

  it('counts once what is written again because the table was throttled or its answer was lost', async () => {
    for (const fault of [throttled, losesAnswer]) {
      for (const call of [0, 1]) {
        const plugin = stores.newPlugin();
        const writer = stores.writer({ intercept: atCall(call, fault) });

        for (const value of [5, 7]) {
          writer.metrics.add(plugin, [sum('total', value)]);
          expect(await writer.flush()).toEqual({ lost: 0, waiting: 0, errors: [] });
        }

        expect(await read(plugin)).toEqual({ total: [12] });
      }
    }
  });

  it('keeps what the table did not take for the next batch, also when an hour lies between', async () => {
    const plugin = stores.newPlugin();
    const writer = stores.writer({ intercept: atCall(0, refused) });

    writer.metrics.add(plugin, [sum('total', 5)]);
    expect(await writer.flush()).toEqual({ lost: 0, waiting: 1, errors: ['Not allowed'] });
    expect(await read(plugin)).toEqual({});
    stores.pass(HOUR_MILLISECONDS);
    writer.metrics.add(plugin, [sum('total', 7)]);
    expect(await writer.flush()).toEqual({ lost: 0, waiting: 0, errors: [] });

    expect(await read(plugin, 2)).toEqual({ total: [5, 7] });
  });

  it('is not set back by a write that arrives after a later one', async () => {
    const plugin = stores.newPlugin();
    let late: (() => Promise<unknown>) | undefined;
    const writer = stores.writer({
      intercept: atCall(0, (_, send) => {
        late = send;
        throw Object.assign(new Error('given up'), { $metadata: { httpStatusCode: 400 } });
      }),
    });

    writer.metrics.add(plugin, [sum('total', 5)]);
    await writer.flush();
    writer.metrics.add(plugin, [sum('total', 7)]);
    await writer.flush();
    await expect(late?.()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });

    expect(await read(plugin)).toEqual({ total: [12] });
  });

  it('tells hours apart, over midnight, and loses nothing when a clock is set back', async () => {
    const plugin = stores.newPlugin();
    const writer = stores.writer();
    const begin = hourOf(stores.now());
    for (const value of [1, 2, 3, 4]) {
      writer.metrics.add(plugin, [sum('total', value)]);
      await writer.flush();
      stores.pass(HOUR_MILLISECONDS);
    }
    stores.pass(-HOUR_MILLISECONDS - 1);
    writer.metrics.add(plugin, [sum('total', 10)]);
    stores.pass(-HOUR_MILLISECONDS);
    writer.metrics.add(plugin, [sum('total', 100)]);
    await writer.flush();
    stores.pass(2 * HOUR_MILLISECONDS);

    const [series] = await stores.metrics().read({ pluginConfig: plugin, from: begin, to: stores.now() });
    const part = await stores.metrics().read({
      pluginConfig: plugin,
      from: begin + HOUR_MILLISECONDS,
      to: begin + 3 * HOUR_MILLISECONDS - 1,
    });

    expect(series?.points).toEqual([
      { hour: begin, value: 1 },
      { hour: begin + HOUR_MILLISECONDS, value: 2 },
      { hour: begin + 2 * HOUR_MILLISECONDS, value: 3 },
      { hour: begin + 3 * HOUR_MILLISECONDS, value: 114 },
    ]);
    expect(part[0]?.points.map(({ value }) => value)).toEqual([2, 3]);
  });

  it('is over after 90 days, whether or not the table has deleted it', async () => {
    const plugin = stores.newPlugin();
    const writer = stores.writer();
    const begin = stores.now();
    writer.metrics.add(plugin, [sum('total', 1)]);
    await writer.flush();
    const ask = () => stores.metrics().read({ pluginConfig: plugin, from: begin, to: stores.now() });

    stores.pass(90 * 24 * HOUR_MILLISECONDS - HOUR_MILLISECONDS);
    expect(await ask()).toHaveLength(1);
    stores.pass(2 * HOUR_MILLISECONDS);
    expect(await ask()).toEqual([]);
  });

  it('knows who counted: what plugins measure is one over all functions, what functions count is theirs', async () => {
    const plugin = stores.newPlugin();
    for (const functionName of ['process-events', 'deliver-events']) {
      const writer = stores.writer({ functionName });
      writer.metrics.add(plugin, [sum('HookFailures', 1), host('HookFailures', 3), host('EventsSeen', 4)]);
      await writer.flush();
    }
    const query = { pluginConfig: plugin, from: stores.now(), to: stores.now() };

    const series = await stores.metrics().read({ ...query, names: ['HookFailures'] });

    expect(series.map(({ source, function: by, points }) => [source, by, points[0]?.value])).toEqual([
      ['host', 'deliver-events', 3],
      ['host', 'process-events', 3],
      ['plugin', null, 2],
    ]);
    expect(await stores.metrics().read(query)).toHaveLength(5);
    expect(await stores.metrics().read({ ...query, pluginConfig: stores.newPlugin() })).toEqual([]);
  });

  it('takes any name and any number, and a sum ends where numbers end', async () => {
    const plugin = stores.newPlugin();
    const writer = stores.writer();
    const names = ['größe 🦔', '', '__proto__', 'a\u0000b', '\ud800', 'x'.repeat(255)];
    const numbers = [0.1, 1e300, 5e-324, -0.5, 2 ** 53, 0];
    writer.metrics.add(
      plugin,
      names.map((name, index) => sum(name, numbers[index] as number)),
    );
    writer.metrics.add(plugin, [sum('large', 1e308), max('large', 3)]);
    writer.metrics.add(plugin, [sum('large', 1e308), sum('largest', 1)]);
    await writer.flush();

    const series = await stores.metrics().read({ pluginConfig: plugin, from: stores.now(), to: stores.now() });

    const found = series.map(({ name, operation, points }) => [name, operation, points[0]?.value]);
    for (const [index, name] of names.entries()) expect(found).toContainEqual([name, 'sum', numbers[index]]);
    expect(found).toContainEqual(['large', 'sum', Number.MAX_VALUE]);
    expect(found).toContainEqual(['large', 'max', 3]);
  });

  it('leaves out more than 250 names an hour, and names that are too long, and says so', async () => {
    const plugin = stores.newPlugin();
    const writer = stores.writer();
    const many = Array.from({ length: 252 }, (_, index) => sum(`${index}${'漢'.repeat(250)}`, 1));

    const refusedNames = writer.metrics.add(plugin, [sum('x'.repeat(256), 1), ...many]);
    await writer.flush();

    expect(refusedNames.map((name) => name.slice(0, 3))).toEqual(['xxx', '250', '251']);
    expect(Object.keys(await read(plugin))).toHaveLength(250);
  });

  it('costs one write unit for each plugin config and batch, and nothing when nothing was measured', async () => {
    const calls: AwsCommand[] = [];
    const writer = stores.writer({
      intercept: (command, send) => {
        calls.push(command);
        return send();
      },
    });
    const plugins = [stores.newPlugin(), stores.newPlugin()] as const;
    const usual = ['EventsSeen', 'EventsDropped', 'HookFailures', 'RefusedConnections'].map((name) => host(name, 1e6));
    const own = Array.from({ length: 10 }, (_, index) => sum(`some_metric_${index}`, 123_456));

    for (const plugin of plugins) writer.metrics.add(plugin, [...usual, ...own]);
    await writer.flush();
    await writer.flush();
    writer.metrics.add(plugins[0], []);
    await writer.flush();

    expect(calls.map(({ constructor: { name } }) => name)).toEqual(['PutCommand', 'PutCommand']);
    const [item] = await itemsOf(plugins[0]);
    expect(itemBytes(item as StateItem)).toBeLessThan(1024);
  });

  it.each([
    [Number.NaN, 0],
    [1, 0],
    [0, Number.POSITIVE_INFINITY],
  ])('says what it expects instead of the hours from %s to %s', async (from, to) => {
    await expect(stores.metrics().read({ pluginConfig: 1, from, to })).rejects.toThrow(
      `Two times are expected, milliseconds since 1970, in their order; got ${from} and ${to}`,
    );
  });
});
