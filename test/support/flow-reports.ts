import type { LocalStack } from '../../local/start-local-stack.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';
import type { PluginLogEntry } from '../../shared/state/plugin-log.ts';
import { createPluginLogReader, type LogFilter, type PluginLogReader } from '../../shared/state/plugin-log-reader.ts';
import { createPluginMetricsReader, type MetricSeries } from '../../shared/state/plugin-metrics-reader.ts';

/** What is kept about plugin configs, as their owners read it. */
export interface FlowReports extends Disposable {
  /** Every series of the last 90 days. */
  series(pluginConfig: number): Promise<MetricSeries[]>;
  /** The same in one value each: by name for what plugins measure, by `<function> <name>` for what functions count. */
  history(pluginConfig: number): Promise<Record<string, number>>;
  /** All lines, newest first. */
  log(filter: LogFilter): Promise<PluginLogEntry[]>;
  reader: PluginLogReader;
}

const COMBINE = { sum: (one: number, other: number) => one + other, max: Math.max, min: Math.min };
const RETENTION_MILLISECONDS = 90 * 86_400_000;

export function flowReports(
  place: Pick<LocalStack, 'region' | 'credentials' | 'endpoints' | 'outputs'>,
  now: () => number = Date.now,
): FlowReports {
  const { dynamodb, destroy } = createAwsClients(place);
  const deps = { dynamodb, table: place.outputs['StateTableName'] as string, now };
  const reader = createPluginLogReader(deps);
  const series = (pluginConfig: number) =>
    createPluginMetricsReader(deps).read({ pluginConfig, from: now() - RETENTION_MILLISECONDS, to: now() });
  return {
    reader,
    series,
    async history(pluginConfig) {
      return Object.fromEntries(
        (await series(pluginConfig)).map(({ function: by, name, operation, points }) => [
          by === null ? name : `${by} ${name}`,
          points.map(({ value }) => value).reduce((one, other) => COMBINE[operation](one, other)),
        ]),
      );
    },
    async log(filter) {
      const entries: PluginLogEntry[] = [];
      let older: string | null | undefined;
      do {
        const page = await reader.latest({ ...filter, older: older ?? undefined });
        entries.push(...page.entries);
        older = page.older;
      } while (older !== null);
      return entries;
    },
    [Symbol.dispose]: destroy,
  };
}
