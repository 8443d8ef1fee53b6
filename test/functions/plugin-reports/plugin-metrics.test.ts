import { describe, expect, it } from 'vitest';
import { pluginMetricLines } from '../../../functions/plugin-reports/plugin-metrics.ts';
import { createMetrics } from '../../../local/cloudwatch/metrics.ts';
import type { PluginReport } from '../../../shared/sandbox/plugin-report.ts';

type Measured = Pick<PluginReport, 'metrics' | 'refusedConnections'>;

/** What CloudWatch makes of batches. */
function metricsOf(...batches: Measured[]) {
  const metrics = createMetrics();
  const lines = batches.flatMap((batch) => pluginMetricLines(batch, 1_700_000_000_000, 'process-events'));
  for (const line of lines) metrics.readLine(JSON.stringify(line));
  return { lines, all: metrics.all() };
}

describe('what plugins measure', () => {
  it('is a metric of the plugin config, whose statistics go on with what a batch began', () => {
    const batch = (sum: number, max: number, min: number): Measured => ({
      metrics: [
        { plugin: 7, name: 'sent', operation: 'sum', value: sum },
        { plugin: 7, name: 'largest', operation: 'max', value: max },
        { plugin: 8, name: 'least', operation: 'min', value: min },
      ],
    });

    const { all } = metricsOf(batch(2, 5, 3), batch(3, 4, -1));

    expect(all).toMatchObject([
      { namespace: 'Hoglet', name: 'sent', dimensions: { pluginConfig: '7' }, sum: 5 },
      { namespace: 'Hoglet', name: 'largest', dimensions: { pluginConfig: '7' }, maximum: 5 },
      { namespace: 'Hoglet', name: 'least', dimensions: { pluginConfig: '8' }, minimum: -1 },
    ]);
  });

  it('does not mix with the host’s own metrics, however a plugin names it', () => {
    const { all } = metricsOf({
      metrics: [{ plugin: 7, name: 'RefusedConnections', operation: 'sum', value: 1 }],
      refusedConnections: [{ plugin: 7, count: 40 }],
    });

    expect(all).toMatchObject([
      { name: 'RefusedConnections', dimensions: { function: 'process-events', pluginConfig: '7' }, sum: 40 },
      { name: 'RefusedConnections', dimensions: { pluginConfig: '7' }, sum: 1 },
    ]);
  });

  it('goes into as many lines as CloudWatch needs', () => {
    const metrics = Array.from({ length: 250 }, (_, index) => ({
      plugin: 7,
      name: `m${index}`,
      operation: 'sum' as const,
      value: index,
    }));

    const { lines, all } = metricsOf({ metrics });

    expect([lines.length, all.length]).toEqual([3, 250]);
  });

  it('by a name that CloudWatch refuses costs no other metric, and is told', () => {
    const names = ['good', 'größe', '', ':odd', 'x'.repeat(256), '_aws', 'pluginConfig', '__proto__', 'Timestamp'];

    const { lines, all } = metricsOf({
      metrics: names.map((name) => ({ plugin: 7, name, operation: 'sum', value: 1 })),
    });

    expect(all.map(({ name }) => name)).toEqual(['good', '__proto__', 'Timestamp']);
    expect(lines.at(-1)).toMatchObject({
      pluginConfig: 7,
      level: 'WARN',
      message: expect.stringMatching(/"größe","",":odd","x{255}","_aws","pluginConfig"/),
    });
  });

  it('is no line when there is nothing', () => {
    expect(pluginMetricLines({}, 1, 'process-events')).toEqual([]);
  });

  it('are of the function that has them', () => {
    const [line] = pluginMetricLines({ refusedConnections: [{ plugin: null, count: 2 }] }, 1, 'run-tasks');

    expect(line).toMatchObject({ function: 'run-tasks', pluginConfig: 'unknown', RefusedConnections: 2 });
  });
});
