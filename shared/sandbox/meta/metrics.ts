import type { PluginMetric } from '../plugin-report.ts';
import type { MetricOperation } from '../protocol.ts';
import { illegalOperation, type RealmValues } from '../realm-values.ts';

export type DeclaredMetrics = Record<string, MetricOperation>;

/** What every plugin with `exportEvents` has, counted by the host. */
const EXPORT_METRICS: DeclaredMetrics = {
  events_seen: 'sum',
  events_delivered_successfully: 'sum',
  undelivered_events: 'sum',
  retry_errors: 'sum',
  other_errors: 'sum',
};

/** The method by which a metric of each operation is updated. */
const METHODS: Record<MetricOperation, string> = { sum: 'increment', max: 'max', min: 'min' };

/**
 * Reads what a plugin exports as `metrics`: names with `sum`, `max` or `min`, in any case. Values that are no text are ignored.
 *
 * @throws IllegalOperationError for any other text.
 */
export function declaredMetrics(exported: unknown, hasExportEvents: boolean): DeclaredMetrics {
  const declared: DeclaredMetrics = hasExportEvents ? { ...EXPORT_METRICS } : {};
  const unknown: string[] = [];
  const given = typeof exported === 'object' && exported !== null ? Object.entries(exported) : [];
  for (const [name, type] of given as [string, unknown][]) {
    if (typeof type !== 'string') continue;
    const operation = type.toLowerCase();
    if (isOperation(operation)) declared[name] = operation;
    else unknown.push(type);
  }
  if (unknown.length === 0) return declared;
  throw illegalOperation(
    `Only 'sum', 'max', and 'min' are supported as metric types. Invalid types received: ${unknown.join(', ')}`,
  );
}

/** Takes one measured value. */
export type MetricSink = (metric: PluginMetric) => void;

/** `meta.metrics`: one object per declared metric, with the one method that its operation allows. */
export function createMetrics(plugin: number, declared: DeclaredMetrics, sink: MetricSink, realm: RealmValues): object {
  const metrics = new Map(
    Object.entries(declared).map(([name, operation]) => {
      const method = METHODS[operation];
      const update = realm.wrap(`metrics.${name}.${method}`, (value: unknown): void => {
        if (typeof value !== 'number') throw new Error('Only numbers are allowed for operations on metrics');
        // What is no number after all cannot be added, compared, or shown.
        if (Number.isFinite(value)) sink({ plugin, name, operation, value });
      });
      return [name, realm.object({ [method]: update })] as const;
    }),
  );
  const find = realm.wrap('metrics', (name: string) => {
    const metric = metrics.get(name);
    if (metric === undefined) throw illegalOperation('Invalid metric name');
    return metric;
  });
  return new Proxy(realm.object({}), {
    get: (target, name, receiver) =>
      typeof name === 'symbol' ? (Reflect.get(target, name, receiver) as unknown) : find(name),
  });
}

/** Makes one value of two of the same metric. */
export function combineMetric(operation: MetricOperation, one: number, other: number): number {
  if (operation === 'sum') return one + other;
  return operation === 'max' ? Math.max(one, other) : Math.min(one, other);
}

function isOperation(text: string): text is MetricOperation {
  return Object.hasOwn(METHODS, text);
}
