import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { inParallel } from '../aws/in-parallel.ts';
import {
  combine,
  HOUR_MILLISECONDS,
  hourOf,
  METRICS_RETENTION_SECONDS,
  type MetricOperation,
  type MetricSource,
  metricId,
  metricsPartition,
  metricsSortPrefix,
} from './plugin-metrics.ts';
import { type MetricsItem, readMetricsItem } from './plugin-metrics-item.ts';
import { isLive } from './state-item.ts';

/** Reads what plugin configs have come to, hour by hour. */
export interface PluginMetricsReader {
  /**
   * Gives a series for each metric that has a value in these hours, sorted by source, name and function. A value that was written within the last
   * second may be missing.
   *
   * @throws RangeError when `from` or `to` is no time, or `to` is before `from`.
   */
  read(query: MetricsQuery): Promise<MetricSeries[]>;
}

export interface MetricsQuery {
  pluginConfig: number;
  /** Milliseconds since 1970: the first and the last hour are those in which these times lie. What is older than 90 days is gone. */
  from: number;
  to: number;
  /** Only metrics of these names; absent: all. */
  names?: readonly string[] | undefined;
}

export interface MetricSeries {
  source: MetricSource;
  /** The function that counted; null for a plugin's metric, which is one over all functions. */
  function: string | null;
  name: string;
  operation: MetricOperation;
  /** In the order of the hours. An hour in which nothing was measured has none. */
  points: MetricPoint[];
}

export interface MetricPoint {
  /** The beginning of the hour, milliseconds since 1970. */
  hour: number;
  value: number;
}

export interface PluginMetricsReaderDeps {
  dynamodb: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

const DAY_MILLISECONDS = 24 * HOUR_MILLISECONDS;
const CONCURRENT_QUERIES = 8;

export function createPluginMetricsReader({ dynamodb, table, now }: PluginMetricsReaderDeps): PluginMetricsReader {
  /** The shares of all execution environments, of the hours of one day. */
  const readDay = async (pluginConfig: number, from: number, to: number): Promise<MetricsItem[]> => {
    const items: MetricsItem[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await dynamodb.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':pk': metricsPartition(pluginConfig, from),
            ':from': `${metricsSortPrefix(from)}#`,
            ':to': `${metricsSortPrefix(to)}#\u{10ffff}`,
          },
          ExclusiveStartKey: start,
        }),
      );
      items.push(...((page.Items ?? []) as MetricsItem[]));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return items.filter((item) => isLive(item, now()));
  };

  return {
    async read({ pluginConfig, from, to, names }) {
      if (!(to >= from) || !isTime(from) || !isTime(to))
        throw new RangeError(`Two times are expected, milliseconds since 1970, in their order; got ${from} and ${to}`);
      const oldest = hourOf(Math.max(from, now() - METRICS_RETENTION_SECONDS * 1000));
      const days = daysBetween(oldest, Math.min(hourOf(to), hourOf(now()) + HOUR_MILLISECONDS));
      const pages = await inParallel(days, CONCURRENT_QUERIES, (day) => readDay(pluginConfig, day.from, day.to));
      return seriesOf(pages.flat(), names && new Set(names));
    },
  };
}

/** The first and the last hour of each day. */
function daysBetween(from: number, to: number): { from: number; to: number }[] {
  const days: { from: number; to: number }[] = [];
  for (let hour = from; hour <= to; ) {
    const next = Math.floor(hour / DAY_MILLISECONDS) * DAY_MILLISECONDS + DAY_MILLISECONDS;
    days.push({ from: hour, to: Math.min(to, next - HOUR_MILLISECONDS) });
    hour = next;
  }
  return days;
}

function seriesOf(items: MetricsItem[], names: ReadonlySet<string> | undefined): MetricSeries[] {
  const series = new Map<string, Omit<MetricSeries, 'points'> & { values: Map<number, number> }>();
  for (const item of items) {
    const hour = hourOfItem(item);
    for (const { value, ...metric } of readMetricsItem(item)) {
      if (names?.has(metric.name) === false) continue;
      const by = metric.source === 'host' ? item.function : null;
      const id = `${by} ${metricId(metric)}`;
      const one = series.get(id) ?? { ...metric, function: by, values: new Map<number, number>() };
      series.set(id, one);
      const known = one.values.get(hour);
      one.values.set(hour, known === undefined ? value : combine(metric.operation, known, value));
    }
  }
  return [...series]
    .toSorted(([, one], [, other]) => compare(sortKey(one), sortKey(other)))
    .map(([, { values, ...metric }]) => ({
      ...metric,
      points: [...values].map(([hour, value]) => ({ hour, value })).toSorted((one, other) => one.hour - other.hour),
    }));
}

function hourOfItem({ pk, sk }: MetricsItem): number {
  return Date.parse(`${pk.slice(-10)}T${sk.slice(0, 2)}:00:00.000Z`);
}

function sortKey({ source, name, function: by, operation }: Omit<MetricSeries, 'points'>): string {
  return [source, name, by ?? '', operation].join('\0');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : 1;
}

/** What a Date can be. */
function isTime(time: number): boolean {
  return Math.abs(time) <= 8.64e15;
}
