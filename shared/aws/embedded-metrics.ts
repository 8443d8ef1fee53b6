/** One line of CloudWatch's embedded metric format: a log line that CloudWatch makes metrics of. */
export type MetricLine = Record<string, unknown>;

export interface Metric {
  value: number;
  unit: 'Count' | 'Milliseconds' | 'Bytes' | 'None';
}

/** Every metric of Hoglet is found under this namespace. */
export const METRIC_NAMESPACE = 'Hoglet';

/**
 * Makes lines in the embedded metric format with these dimensions.
 * Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(timestamp: number, dimensions: Record<string, string>) {
  return (metrics: Record<string, Metric>, properties: Record<string, unknown> = {}): MetricLine => ({
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
  });
}
