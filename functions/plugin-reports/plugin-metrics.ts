import { embeddedMetrics, type Metric, type MetricLine, metricLine } from '../../shared/aws/embedded-metrics.ts';
import type { PluginMetric, PluginReport } from '../../shared/sandbox/plugin-report.ts';
import type { HostCount } from './host-counts.ts';

/** What plugins have measured, and what the host has counted for each of them. */
export interface Measured extends Pick<PluginReport, 'metrics' | 'refusedConnections'> {
  /** For the history only. */
  counts?: readonly HostCount[];
}

/** CloudWatch takes 100 metrics per line. */
const METRICS_PER_LINE = 100;

/** What CloudWatch takes as a name: printable ASCII, up to 255 characters, not beginning with a colon. */
const METRIC_NAME = /^(?!:)[\x20-\x7e]{1,255}$/;

/** Names that mean something else in a metric line. */
const TAKEN = ['_aws', 'pluginConfig'];

/**
 * Makes metric lines of what plugins have measured: one per plugin config, whose id alone is the dimension, so that a plugin's names never
 * mix with the host's own. A value is of one batch: CloudWatch's statistic of the same name as the declared operation goes on with it.
 * Refused connections are the host's own metric. A name that CloudWatch would refuse gets a line that says so.
 */
export function pluginMetricLines(
  { metrics = [], refusedConnections = [] }: Measured,
  timestamp: number,
  functionName: string,
): MetricLine[] {
  const refusals = refusedConnections.map(({ plugin, count }) =>
    embeddedMetrics(timestamp, {
      function: functionName,
      pluginConfig: plugin === null ? 'unknown' : String(plugin),
    })({
      RefusedConnections: { value: count, unit: 'Count' },
    }),
  );
  const measured = [...Map.groupBy(metrics, ({ plugin }) => plugin)].flatMap(([plugin, ofPlugin]) =>
    linesOf(String(plugin), ofPlugin, timestamp),
  );
  return [...refusals, ...measured];
}

function linesOf(pluginConfig: string, metrics: PluginMetric[], timestamp: number): MetricLine[] {
  const line = (values: Record<string, Metric>) => metricLine(timestamp, { pluginConfig }, values);
  const isFit = ({ name }: PluginMetric) => METRIC_NAME.test(name) && !TAKEN.includes(name);
  const fit = metrics.filter(isFit).map(({ name, value }): [string, Metric] => [name, { value, unit: 'None' }]);
  const lines = Array.from({ length: Math.ceil(fit.length / METRICS_PER_LINE) }, (_, index) =>
    line(Object.fromEntries(fit.slice(index * METRICS_PER_LINE, (index + 1) * METRICS_PER_LINE))),
  );
  const unfit = metrics.filter((metric) => !isFit(metric)).map(({ name }) => name.slice(0, 255));
  if (unfit.length === 0) return lines;
  const message = `CloudWatch takes no metrics of these names: ${JSON.stringify(unfit)}; allowed are 1 to 255 printable ASCII characters, not beginning with a colon, but not ${TAKEN.join(' or ')}`;
  return [...lines, { level: 'WARN', source: 'SYSTEM', pluginConfig: Number(pluginConfig), message }];
}
