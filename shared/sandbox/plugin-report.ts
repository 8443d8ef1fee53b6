import type { HookError, MetricOperation } from './protocol.ts';

/** A plugin's metric over one batch. */
export interface PluginMetric {
  /** The plugin config's id. */
  plugin: number;
  name: string;
  operation: MetricOperation;
  /** Always finite. */
  value: number;
}

export interface PluginLogLine {
  /** The plugin config's id; null when nobody knows whose line it is. */
  plugin: number | null;
  /** Who speaks: the host about a plugin, an error of the plugin, or the plugin itself by `console`, which is meant when absent. */
  source?: 'SYSTEM' | 'PLUGIN' | 'CONSOLE';
  level: 'DEBUG' | 'LOG' | 'INFO' | 'WARN' | 'ERROR';
  message: string;
  /** How long before it was reported it was written; absent: just now. */
  ageMilliseconds?: number;
}

export interface RefusedConnections {
  plugin: number | null;
  count: number;
}

/** What plugins did, apart from what became of events. */
export interface PluginReport {
  /** Per plugin config: its latest error and how many there were. */
  errors: { plugin: number; count: number; last: HookError }[];
  logs: PluginLogLine[];
  /** Log lines beyond the limit, which were not kept. */
  logsDropped: number;
  /** What plugins have measured since the last batch. */
  metrics?: PluginMetric[];
  /** Connections that plugins asked for and were refused since the last batch. Null: nobody knows which plugin it was. */
  refusedConnections?: RefusedConnections[];
}
