/** Who speaks: the host about a plugin, an error of the plugin, or the plugin itself by `console`. */
export type PluginLogSource = 'SYSTEM' | 'PLUGIN' | 'CONSOLE';
export type PluginLogType = 'DEBUG' | 'LOG' | 'INFO' | 'WARN' | 'ERROR';

/** A line of a plugin config's log, before it is kept. */
export interface PluginLogLine {
  /** Milliseconds since 1970. */
  timestamp: number;
  source: PluginLogSource;
  type: PluginLogType;
  /** Up to 10,000 characters; what was longer says so at its end. */
  message: string;
}

/** A line as it is read. */
export interface PluginLogEntry extends PluginLogLine {
  /** The same in every read of the line. Letters, digits, hyphens and a full stop. */
  id: string;
  /** Names the execution environment that wrote it. */
  instanceId: string;
}

/** How long lines are kept: PostHog's week. */
export const LOG_RETENTION_SECONDS = 7 * 86_400;

export const DAY_MILLISECONDS = 86_400_000;

/** The partition of a plugin config's lines that were kept on this day (UTC). */
export function logPartition(pluginConfig: number, time: number): string {
  return `plugin-log#${pluginConfig}#${new Date(time).toISOString().slice(0, 10)}`;
}

/** Midnight (UTC) before that time, milliseconds since 1970. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_MILLISECONDS) * DAY_MILLISECONDS;
}

/** What sort keys of that time begin with; itself it comes before all of them. Good until the year 2286. */
export function logSortPrefix(time: number): string {
  return String(Math.max(0, Math.floor(time))).padStart(13, '0');
}

/** When the lines under this sort key were kept, milliseconds since 1970. */
export function timeOfSortKey(sortKey: string): number {
  return Number(sortKey.slice(0, 13));
}
