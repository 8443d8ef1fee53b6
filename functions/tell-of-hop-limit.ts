import { embeddedMetrics, type MetricLine } from '../shared/aws/embedded-metrics.ts';
import type { PluginLog } from './plugin-reports/plugin-log.ts';

export interface HopLimitTellerDeps {
  functionName: string;
  log: PluginLog;
  writeMetricLine: (line: MetricLine) => void;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface HopLimitReached {
  metric: 'JobHopLimitReached' | 'CaptureHopLimitReached';
  /** The plugin config's id. */
  plugin: number;
  /** What was refused, why, and what to do. */
  message: string;
  /** Jobs or events that were refused. */
  count: number;
}

/** Tells, in the plugin's log and as a metric, that something which plugins start was refused because a row of such things has no end. */
export function createHopLimitTeller({ functionName, log, writeMetricLine, now }: HopLimitTellerDeps) {
  return ({ metric, plugin, message, count }: HopLimitReached): void => {
    log({ plugin, source: 'SYSTEM', level: 'ERROR', message });
    const metrics = embeddedMetrics(now(), { function: functionName });
    writeMetricLine(metrics({ [metric]: { value: count, unit: 'Count' } }));
  };
}
