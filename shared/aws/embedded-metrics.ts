import type { HOST_METRICS, HostMetricName } from './host-metrics.ts';

/** One line of CloudWatch's embedded metric format: a log line that CloudWatch makes metrics of. */
export type MetricLine = Record<string, unknown>;

export interface Metric {
  value: number;
  unit: 'Count' | 'Milliseconds' | 'Bytes' | 'None';
}

/** Values of metrics that functions count, each with its unit. */
export type HostMetrics = {
  [Name in HostMetricName]?: { value: number; unit: (typeof HOST_METRICS)[Name]['unit'] };
};

/** Every metric of Hoglet is found under this namespace. */
export const METRIC_NAMESPACE = 'Hoglet';

/** Makes lines of metrics that functions count; see `HOST_METRICS`. */
export function embeddedMetrics(timestamp: number, dimensions: Record<string, string>) {
  return (metrics: HostMetrics, properties: Record<string, unknown> = {}): MetricLine =>
    metricLine(timestamp, dimensions, metrics, properties);
}

/**
 * Makes a line in the embedded metric format with these dimensions, of metrics by any name.
 * Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricLine(
  timestamp: number,
  dimensions: Record<string, string>,
  metrics: Record<string, Metric>,
  properties: Record<string, unknown> = {},
): MetricLine {
  return {
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [Object.keys(dimensions)],
          Metrics: Object.entries(metrics).map(([Name, { unit: Unit }]) => ({ Name, Unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value])),
    ...properties,
  };
}
