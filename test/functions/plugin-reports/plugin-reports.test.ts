import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginReports } from '../../../functions/plugin-reports/plugin-reports.ts';
import { createMetrics } from '../../../local/cloudwatch/metrics.ts';
import { createAwsClients } from '../../../shared/aws/clients.ts';
import { createPluginLogReader } from '../../../shared/state/plugin-log-reader.ts';
import { createPluginLogStore } from '../../../shared/state/plugin-log-store.ts';
import { createPluginMetricsReader } from '../../../shared/state/plugin-metrics-reader.ts';
import { createPluginMetricsStore } from '../../../shared/state/plugin-metrics-store.ts';
import { tableWithin } from '../../../shared/state/table-within.ts';
import { startTestTable, TEST_CREDENTIALS, type TestTable } from '../../support/dynamodb.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 30);
const LIMIT_MILLISECONDS = 300;

let table: TestTable;
beforeAll(async () => {
  table = await startTestTable();
});
afterAll(() => table[Symbol.asyncDispose]());

let plugins = 0;

/** What process-events has, on this table. */
function reportsOn({ dynamodb, table: name }: Pick<TestTable, 'dynamodb' | 'table'>) {
  const warnings: string[] = [];
  const cloudWatch: [message: string, details: Record<string, unknown>][] = [];
  const metrics = createMetrics();
  const now = () => NOW;
  const instanceId = '018f3e2a-7b1c-7000-9f00-0123456789ab';
  const say = (message: string, details: Record<string, unknown>) => void cloudWatch.push([message, details]);
  const reports = createPluginReports({
    functionName: 'process-events',
    logger: {
      debug: say,
      info: say,
      warn: (message, details) => {
        warnings.push(message);
        say(message, details);
      },
      error: say,
    },
    writeMetricLine: (line) => metrics.readLine(JSON.stringify(line)),
    logStore: createPluginLogStore({ instanceId, now }),
    metricsStore: createPluginMetricsStore({ functionName: 'process-events', instanceId, now }),
    tableWithin: (limit) => tableWithin({ dynamodb, table: name, now, sleep: async () => {} }, limit),
    now,
  });
  return { reports, warnings, cloudWatch, metrics, plugin: ++plugins };
}

async function history(pluginConfig: number): Promise<unknown[]> {
  const series = await createPluginMetricsReader({ ...table, now: () => NOW }).read({
    pluginConfig,
    from: NOW,
    to: NOW,
  });
  return series.map(({ source, name, operation, points }) => [source, name, operation, points[0]?.value]);
}

const logOf = async (pluginConfig: number) =>
  (await createPluginLogReader({ ...table, now: () => NOW }).latest({ pluginConfig })).entries.map(
    ({ timestamp, source, type, message }) => [NOW - timestamp, source, type, message],
  );

describe('what plugins say and measure', () => {
  it('is in CloudWatch at once, and in the table when it was kept', async () => {
    const { reports, cloudWatch, metrics, plugin } = reportsOn(table);

    reports.log({ plugin, level: 'LOG', message: 'hello', ageMilliseconds: 1500 });
    reports.log({ plugin, source: 'PLUGIN', level: 'ERROR', message: 'x'.repeat(20_000) }, { count: 3 });
    reports.measure({
      metrics: [{ plugin, name: 'size', operation: 'max', value: 7 }],
      refusedConnections: [{ plugin, count: 2 }],
      counts: [
        { plugin, name: 'EventsSeen', value: 40 },
        { plugin, name: 'EventsSeen', value: 2 },
      ],
    });
    expect(cloudWatch.map(([, details]) => details)).toEqual([
      { pluginConfig: plugin, source: 'CONSOLE' },
      { pluginConfig: plugin, source: 'PLUGIN', count: 3 },
    ]);
    expect(metrics.all().map(({ name, sum }) => [name, sum])).toEqual([
      ['RefusedConnections', 2],
      ['size', 7],
    ]);
    expect(await logOf(plugin)).toEqual([]);

    await reports.keep(4999.5);

    expect(await logOf(plugin)).toEqual([
      [0, 'PLUGIN', 'ERROR', expect.stringMatching(/^x+ … \(20000 characters\)$/)],
      [1500, 'CONSOLE', 'LOG', 'hello'],
    ]);
    expect(await history(plugin)).toEqual([
      ['host', 'EventsSeen', 'sum', 42],
      ['host', 'RefusedConnections', 'sum', 2],
      ['plugin', 'size', 'max', 7],
    ]);
  });

  it('is of nobody when nobody can be named, and then in CloudWatch only', async () => {
    const { reports, warnings } = reportsOn(table);

    reports.log({ plugin: null, level: 'ERROR', message: 'whose?' });
    reports.log({ plugin: -1, level: 'ERROR', message: 'whose?' });
    reports.measure({ refusedConnections: [{ plugin: null, count: 1 }] });
    await reports.keep(5000);

    expect([await logOf(-1), await history(-1), warnings]).toEqual([[], [], []]);
  });

  it('that makes no sense is left out of the history', async () => {
    const { reports, plugin } = reportsOn(table);
    const nonsense = { plugin: '1#2' as unknown as number, operation: 'sum' as const };

    reports.measure({
      metrics: [
        { ...nonsense, name: 'a', value: 1 },
        { ...nonsense, plugin, name: 'b', value: '1' as unknown as number },
      ],
    });
    reports.log({ plugin, level: 'LOG', message: 'from the future', ageMilliseconds: -1e9 });
    reports.log({ plugin, level: 'LOG', message: 'from the past', ageMilliseconds: 1e12 });
    await reports.keep(5000);

    expect(await history(plugin)).toEqual([]);
    expect((await logOf(plugin)).map(([age]) => age)).toEqual([0, 0]);
  });

  it('is told when the table does not take it; metrics wait for the next batch, lines are in CloudWatch', async () => {
    const refusing = {
      send: async () => Promise.reject(Object.assign(new Error('no'), { $metadata: { httpStatusCode: 400 } })),
    };
    let isRefusing = true;
    const { reports, warnings, metrics, plugin } = reportsOn({
      table: table.table,
      dynamodb: {
        send: (...parameters: never[]) =>
          (isRefusing ? refusing : (table.dynamodb as { send: (...all: never[]) => unknown })).send(...parameters),
      } as unknown as TestTable['dynamodb'],
    });

    reports.log({ plugin, level: 'LOG', message: '1' });
    reports.log({ plugin, level: 'LOG', message: '2' });
    reports.measure({ counts: [{ plugin, name: 'EventsSeen', value: 5 }] });
    await reports.keep(5000);
    isRefusing = false;
    reports.measure({ counts: [{ plugin, name: 'EventsSeen', value: 7 }] });
    await reports.keep(5000);

    expect(warnings).toEqual([
      '2 log lines of plugins are not in the state table: no',
      'The counts of 1 plugin configs wait for the next batch: no',
    ]);
    expect(metrics.sum('Hoglet', 'PluginLogLinesNotKept', { function: 'process-events' })).toBe(2);
    expect(metrics.sum('Hoglet', 'PluginMetricsNotKept', { function: 'process-events' })).toBe(1);
    expect(await history(plugin)).toEqual([['host', 'EventsSeen', 'sum', 12]]);
    expect(await logOf(plugin)).toEqual([]);
  });

  it('holds nobody up for longer than it may, also when the table never answers', async () => {
    const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const clients = createAwsClients({
      region: 'us-east-1',
      credentials: TEST_CREDENTIALS,
      endpoints: { dynamodb: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` },
    });
    const { reports, warnings, plugin } = reportsOn({ ...clients, table: 'table' });
    reports.log({ plugin, level: 'LOG', message: 'hello' });
    reports.measure({ counts: [{ plugin, name: 'EventsSeen', value: 5 }] });

    const startedAt = performance.now();
    await reports.keep(LIMIT_MILLISECONDS);
    const took = performance.now() - startedAt;
    await reports.keep(-0.5);

    clients.destroy();
    silent.close();
    expect(took).toBeGreaterThan(LIMIT_MILLISECONDS - 50);
    expect(took).toBeLessThan(LIMIT_MILLISECONDS + 1500);
    expect(warnings[0]).toMatch(/^1 log lines of plugins are not in the state table: .*within 300 ms/);
    expect(warnings[1]).toMatch(/^The counts of 1 plugin configs wait for the next batch/);
  });
});
