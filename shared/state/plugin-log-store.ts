import { inParallel } from '../aws/in-parallel.ts';
import { LOG_RETENTION_SECONDS, logPartition, logSortPrefix, type PluginLogLine } from './plugin-log.ts';
import { type LogItem, logContent, logRow } from './plugin-log-item.ts';
import { expiryAfter } from './state-item.ts';
import type { TableCalls } from './table-calls.ts';

/** Keeps lines of plugins' logs for a week. */
export interface PluginLogStore {
  /** Takes a line; nothing is written yet. */
  add(pluginConfig: number, line: PluginLogLine): void;
  /**
   * Writes all lines that were taken, one item for each plugin config, and forgets them, also those that could not be written. Sent twice, a
   * line is there once. Never throws.
   */
  flush(table: Pick<TableCalls, 'put'>): Promise<LogFlush>;
}

/** What became of the lines. */
export interface LogFlush {
  /** Lines that are not in the table: there were too many of one plugin config, or it was not written. */
  lost: number;
  /** Why one plugin config's lines were not written; absent when all were. */
  error?: Error;
}

export interface PluginLogStoreDeps {
  /** Names this execution environment; a UUID. */
  instanceId: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** What `console` may fill of one item: its lines are the many. */
const MAX_CONSOLE_BYTES = 240_000;
/** With all others. DynamoDB takes 409,600 bytes; compressed noise is a little more than noise. */
const MAX_BYTES = 380_000;

const CONCURRENT_WRITES = 16;

interface OpenBatch {
  rows: string[];
  bytes: number;
  /** Lines for which there was no room. */
  leftOut: number;
}

export function createPluginLogStore({ instanceId, now }: PluginLogStoreDeps): PluginLogStore {
  const suffix = instanceId.slice(-12);
  let batches = new Map<number, OpenBatch>();
  let written = 0;

  const itemOf = (pluginConfig: number, { rows, leftOut }: OpenBatch): LogItem => {
    const time = now();
    const all = leftOut === 0 ? rows : [...rows, logRow(leftOutLine(leftOut, time))];
    return {
      pk: logPartition(pluginConfig, time),
      sk: `${logSortPrefix(time)}-${suffix}-${(++written).toString(36)}`,
      expiresAt: expiryAfter(LOG_RETENTION_SECONDS, time),
      instance: instanceId,
      ...logContent(all),
    };
  };

  return {
    add(pluginConfig, line) {
      const batch = batches.get(pluginConfig) ?? { rows: [], bytes: 0, leftOut: 0 };
      batches.set(pluginConfig, batch);
      const row = logRow(line);
      const bytes = batch.bytes + Buffer.byteLength(row);
      if (bytes > (line.source === 'CONSOLE' ? MAX_CONSOLE_BYTES : MAX_BYTES)) batch.leftOut++;
      else {
        batch.rows.push(row);
        batch.bytes = bytes;
      }
    },

    async flush(table) {
      const open = [...batches];
      batches = new Map();
      const results = await inParallel(open, CONCURRENT_WRITES, async ([pluginConfig, batch]): Promise<LogFlush> => {
        try {
          await table.put(itemOf(pluginConfig, batch));
          return { lost: batch.leftOut };
        } catch (error) {
          return { lost: batch.rows.length + batch.leftOut, error: error as Error };
        }
      });
      const error = results.find((result) => result.error !== undefined)?.error;
      const lost = results.reduce((sum, result) => sum + result.lost, 0);
      return error === undefined ? { lost } : { lost, error };
    },
  };
}

function leftOutLine(count: number, timestamp: number): PluginLogLine {
  const message = `${count} more lines of this batch are in CloudWatch only: a batch keeps ${MAX_CONSOLE_BYTES / 1000} KB of lines here.`;
  return { timestamp, source: 'SYSTEM', type: 'WARN', message };
}
