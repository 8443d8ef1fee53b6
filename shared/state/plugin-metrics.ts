/** How a metric's values become one. */
export type MetricOperation = 'sum' | 'max' | 'min';

/** `plugin`: what a plugin declares and measures, and the five metrics of its exports. `host`: what functions count about it. */
export type MetricSource = 'plugin' | 'host';

/** A metric of a plugin config, and what it came to. */
export interface MetricValue {
  source: MetricSource;
  /** Of a plugin's metric: any text up to 255 characters. */
  name: string;
  operation: MetricOperation;
  /** Always finite. */
  value: number;
}

/** How long the history of metrics is kept: a quarter. */
export const METRICS_RETENTION_SECONDS = 90 * 86_400;

export const HOUR_MILLISECONDS = 3_600_000;

/** The partition of a plugin config's metrics of this day (UTC). */
export function metricsPartition(pluginConfig: number, time: number): string {
  return `plugin-metrics#${pluginConfig}#${new Date(time).toISOString().slice(0, 10)}`;
}

/** What sort keys of this hour (UTC) begin with, for example `07`. */
export function metricsSortPrefix(time: number): string {
  return new Date(time).toISOString().slice(11, 13);
}

/** The beginning of the hour of that time, milliseconds since 1970. */
export function hourOf(time: number): number {
  return Math.floor(time / HOUR_MILLISECONDS) * HOUR_MILLISECONDS;
}

/** Tells metrics apart: two operations of one name are two metrics. */
export function metricId({ source, operation, name }: Omit<MetricValue, 'value'>): string {
  return `${source} ${operation} ${name}`;
}

/** Makes one value of two of the same metric; a sum ends where numbers end. */
export function combine(operation: MetricOperation, one: number, other: number): number {
  if (operation === 'max') return Math.max(one, other);
  if (operation === 'min') return Math.min(one, other);
  return Math.max(-Number.MAX_VALUE, Math.min(one + other, Number.MAX_VALUE));
}
