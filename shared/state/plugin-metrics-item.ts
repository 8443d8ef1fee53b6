import type { MetricOperation, MetricSource, MetricValue } from './plugin-metrics.ts';
import type { ItemKey } from './state-key.ts';

/** What one execution environment has measured of one plugin config within one hour, all of it. */
export interface MetricsItem extends ItemKey {
  /** Epoch seconds; the table's TTL attribute. */
  expiresAt: number;
  /** Grows with each write: what is written late does not undo what was written after it. */
  version: number;
  /** The function that measured. */
  function: string;
  /** JSON of `[source, operation, name, value]`: numbers of DynamoDB's have other limits than JavaScript's. */
  values: string;
  [attribute: string]: unknown;
}

type Row = [source: 'h' | 'p', operation: MetricOperation, name: string, value: number];

export function metricsContent(values: Iterable<MetricValue>): string {
  const rows = Array.from(
    values,
    ({ source, operation, name, value }): Row => [source === 'host' ? 'h' : 'p', operation, name, value],
  );
  return JSON.stringify(rows);
}

export function readMetricsItem({ values }: Pick<MetricsItem, 'values'>): MetricValue[] {
  return (JSON.parse(values) as Row[]).map(([letter, operation, name, value]) => {
    const source: MetricSource = letter === 'h' ? 'host' : 'plugin';
    return { source, operation, name, value };
  });
}
