import { embeddedMetrics, type MetricLine } from '../../shared/aws/embedded-metrics.ts';
import { cutMessage } from '../../shared/sandbox/log-message.ts';
import type { PluginLogLine } from '../../shared/sandbox/plugin-report.ts';
import type { PluginLogStore } from '../../shared/state/plugin-log-store.ts';
import type { MetricValue } from '../../shared/state/plugin-metrics.ts';
import type { PluginMetricsStore } from '../../shared/state/plugin-metrics-store.ts';
import type { TableCalls } from '../../shared/state/table-calls.ts';
import { createPluginLog, type LeveledLogger, type PluginLog } from './plugin-log.ts';
import { type Measured, pluginMetricLines } from './plugin-metrics.ts';

/** What plugins say and measure, on its way to CloudWatch, and to the table where their owners look for it. */
export interface PluginReports {
  /** Writes a line to CloudWatch at once, and keeps it for the table. */
  log: PluginLog;
  /** Writes to CloudWatch at once what was measured, and adds it to this hour. */
  measure(measured: Measured): void;
  /**
   * Writes to the table what came since the last time. Returns when that is done, or the time is over, and never throws: no event is held up or run
   * twice for what is only said about it. What could not be kept is told.
   */
  keep(limitMilliseconds: number): Promise<void>;
}

export interface PluginReportsDeps {
  functionName: string;
  logger: LeveledLogger;
  writeMetricLine(line: MetricLine): void;
  logStore: PluginLogStore;
  metricsStore: PluginMetricsStore;
  /** The calls of the table, which end when so much time is over. */
  tableWithin(limitMilliseconds: number): Pick<TableCalls, 'put'>;
  /** Milliseconds since 1970. */
  now: () => number;
}

export function createPluginReports(deps: PluginReportsDeps): PluginReports {
  const { functionName, logger, writeMetricLine, logStore, metricsStore, now } = deps;
  const logToCloudWatch = createPluginLog(logger);
  const hostMetrics = () => embeddedMetrics(now(), { function: functionName });

  const tellLines = (lost: number, error: Error | undefined): void => {
    if (lost === 0) return;
    const reason = error?.message ?? 'too many of one plugin config';
    logger.warn(`${lost} log lines of plugins are not in the state table: ${reason}`, {});
    writeMetricLine(hostMetrics()({ PluginLogLinesNotKept: { value: lost, unit: 'Count' } }));
  };
  const tellMetrics = (waiting: number, error: Error | undefined): void => {
    if (error === undefined) return;
    logger.warn(`The counts of ${waiting} plugin configs wait for the next batch: ${error.message}`, {});
    writeMetricLine(hostMetrics()({ PluginMetricsNotKept: { value: waiting, unit: 'Count' } }));
  };

  return {
    log(line, details) {
      logToCloudWatch(line, details);
      if (isPluginConfig(line.plugin)) logStore.add(line.plugin, keptLine(line, now()));
    },

    measure(measured) {
      pluginMetricLines(measured, now(), functionName).forEach(writeMetricLine);
      for (const [plugin, values] of valuesByPlugin(measured)) {
        const refused = metricsStore.add(plugin, values);
        if (refused.length === 0) continue;
        const names = JSON.stringify(refused.slice(0, 10).map((name) => name.slice(0, 255)));
        const message = `${refused.length} metrics are not in the history: it takes 250 an hour, with names of up to 255 characters; left out are ${names}`;
        logger.warn(message, { pluginConfig: plugin, source: 'SYSTEM' });
      }
    },

    async keep(limitMilliseconds) {
      const table = deps.tableWithin(limitMilliseconds);
      const [lines, metrics] = await Promise.all([logStore.flush(table), metricsStore.flush(table)]);
      tellLines(lines.lost, lines.error);
      tellMetrics(metrics.waiting, metrics.error);
    },
  };
}

/** A line that nobody can be named for is in CloudWatch only. The child may be anybody's by now, so what it says is looked at. */
function isPluginConfig(plugin: number | null): plugin is number {
  return Number.isSafeInteger(plugin) && (plugin as number) >= 0;
}

function keptLine({ source = 'CONSOLE', level: type, message, ageMilliseconds = 0 }: PluginLogLine, now: number) {
  const age = ageMilliseconds >= 0 && ageMilliseconds <= LONGEST_INVOCATION_MILLISECONDS ? ageMilliseconds : 0;
  return { timestamp: now - age, source, type, message: cutMessage(String(message)) };
}

/** Lambda's limit. */
const LONGEST_INVOCATION_MILLISECONDS = 900_000;

function valuesByPlugin({ metrics = [], refusedConnections = [], counts = [] }: Measured): Map<number, MetricValue[]> {
  const byPlugin = new Map<number, MetricValue[]>();
  const add = (plugin: number | null, value: MetricValue): void => {
    if (!isPluginConfig(plugin) || !Number.isFinite(value.value)) return;
    byPlugin.set(plugin, [...(byPlugin.get(plugin) ?? []), value]);
  };
  for (const { plugin, name, operation, value } of metrics) add(plugin, { source: 'plugin', name, operation, value });
  for (const { plugin, name, value } of counts) add(plugin, { source: 'host', name, operation: 'sum', value });
  for (const { plugin, count: value } of refusedConnections)
    add(plugin, { source: 'host', name: 'RefusedConnections', operation: 'sum', value });
  return byPlugin;
}
