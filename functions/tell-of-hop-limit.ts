import { embeddedMetrics, type MetricLine } from '../shared/aws/embedded-metrics.ts';
import { pluginFacts, type TellLifecycleEvent } from '../shared/lifecycle/lifecycle-event.ts';
import type { PluginConfig } from '../shared/registry/plugin-config.ts';
import type { PluginLog } from './plugin-reports/plugin-log.ts';

export interface HopLimitTellerDeps {
  functionName: string;
  log: PluginLog;
  writeMetricLine: (line: MetricLine) => void;
  tell: TellLifecycleEvent;
  findPlugin(pluginConfig: number): PluginConfig | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface HopLimitReached {
  kind: 'job' | 'capture';
  /** The plugin config's id. */
  plugin: number;
  /** The job's name, or the event's. */
  name: string;
  /** How many may lead to one another. */
  limit: number;
  /** What was refused, why, and what to do. */
  message: string;
  /** Jobs or events that were refused. */
  count: number;
}

const METRIC = { job: 'JobHopLimitReached', capture: 'CaptureHopLimitReached' } as const;

/** Tells, in the plugin's log, as a metric and on the bus, that something which plugins start was refused because a row of such things has no end. */
export function createHopLimitTeller(deps: HopLimitTellerDeps) {
  const { functionName, log, writeMetricLine, tell, findPlugin, now } = deps;
  return ({ kind, plugin, name, limit, message, count }: HopLimitReached): void => {
    log({ plugin, source: 'SYSTEM', level: 'ERROR', message });
    const metrics = embeddedMetrics(now(), { function: functionName });
    writeMetricLine(metrics({ [METRIC[kind]]: { value: count, unit: 'Count' } }));
    tell({ type: 'Hop limit reached', ...pluginFacts(plugin, findPlugin(plugin)), kind, name, limit, count });
  };
}
