import { gunzipSync, gzipSync } from 'node:zlib';
import type { PluginLogLine, PluginLogSource, PluginLogType } from './plugin-log.ts';
import type { ItemKey } from './state-key.ts';

/** Lines of one plugin config and batch, as they lie in the table: `lines` or `gzip`, whatever is cheaper. */
export interface LogItem extends ItemKey {
  /** Epoch seconds; the table's TTL attribute. */
  expiresAt: number;
  /** The execution environment's id. */
  instance: string;
  /** JSON of `[timestamp, source, type, message]`, in the order in which they were written. */
  lines?: string;
  /** gzip of the same. */
  gzip?: Uint8Array;
  [attribute: string]: unknown;
}

type Row = [timestamp: number, source: PluginLogSource, type: PluginLogType, message: string];

/** A write costs by the kilobyte, and keys take some of the first: below that, compressing is for nothing. */
const MIN_COMPRESSED_BYTES = 800;

/** JSON of a line as it lies in an item. */
export function logRow({ timestamp, source, type, message }: PluginLogLine): string {
  return JSON.stringify([timestamp, source, type, message.toWellFormed()] satisfies Row);
}

/** @param rows as `logRow` makes them */
export function logContent(rows: readonly string[]): Pick<LogItem, 'lines' | 'gzip'> {
  const lines = `[${rows.join(',')}]`;
  if (lines.length < MIN_COMPRESSED_BYTES) return { lines };
  return { gzip: gzipSync(lines) };
}

export function readLogItem({ lines, gzip }: LogItem): PluginLogLine[] {
  const text = lines ?? (gzip === undefined ? '[]' : gunzipSync(gzip).toString('utf8'));
  return (JSON.parse(text) as Row[]).map(([timestamp, source, type, message]) => ({
    timestamp,
    source,
    type,
    message,
  }));
}
