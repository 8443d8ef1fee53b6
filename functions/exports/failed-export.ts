/** A batch of events that `exportEvents` did not take. */
export interface FailedExport {
  /** The plugin config's id. */
  pluginConfig: number;
  /** How often its events have ended as a dead letter before. */
  round: number;
  events: number;
  /** One JSON text a line. */
  lines: string;
  /** sha256 of the plugin's code that ran. */
  pluginVersion: string;
  error: { name: string; message: string };
  /** The most captures that have led to one of its events; absent for none. */
  hops?: number;
}

/** The input of an execution of the state machine `export-retry`; the events lie in the assets bucket. */
export interface ExportRetry
  extends Pick<FailedExport, 'pluginConfig' | 'round' | 'events' | 'pluginVersion' | 'hops'> {
  /** Object of gzip of one JSON text a line. */
  key: string;
}

/** Where batches that are tried again lie in the assets bucket. */
export const EXPORTS_PREFIX = 'exports/';
