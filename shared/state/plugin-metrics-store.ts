import { inParallel } from '../aws/in-parallel.ts';
import {
  combine,
  hourOf,
  METRICS_RETENTION_SECONDS,
  type MetricValue,
  metricId,
  metricsPartition,
  metricsSortPrefix,
} from './plugin-metrics.ts';
import { type MetricsItem, metricsContent } from './plugin-metrics-item.ts';
import { expiryAfter } from './state-item.ts';
import type { TableCalls } from './table-calls.ts';

/**
 * Keeps, for each plugin config and hour, what this execution environment has measured. Each environment has items of its own and writes all of
 * its share each time: an addition that is sent twice counts once, no environment waits for another, and nobody's largest value hides another's.
 * Whoever reads puts the shares together.
 */
export interface PluginMetricsStore {
  /**
   * Adds values to the share of this hour; nothing is written yet.
   *
   * @returns names that were not taken: too long, or more than 250 in one hour.
   */
  add(pluginConfig: number, values: readonly MetricValue[]): string[];
  /** Writes the shares that have changed. What cannot be written stays, and is part of the next write. Never throws. */
  flush(table: Pick<TableCalls, 'put'>): Promise<MetricsFlush>;
}

export interface MetricsFlush {
  /** Shares that are not written yet. */
  waiting: number;
  /** Why; absent when none waits. */
  error?: Error;
}

export interface PluginMetricsStoreDeps {
  functionName: string;
  /** Names this execution environment; no other process may ever have it. */
  instanceId: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** 250 names of 255 characters at three bytes are half of what an item can hold. */
const MAX_NAMES = 250;
const MAX_NAME_CHARACTERS = 255;

const CONCURRENT_WRITES = 16;

interface Share {
  pluginConfig: number;
  hour: number;
  values: Map<string, MetricValue>;
  version: number;
  /** The last version that is in the table. */
  writtenVersion: number;
}

export function createPluginMetricsStore(deps: PluginMetricsStoreDeps): PluginMetricsStore {
  const { functionName, instanceId, now } = deps;
  const shares = new Map<string, Share>();
  let hour = 0;

  const shareOf = (pluginConfig: number): Share => {
    // A clock that is set back must not open an hour again whose share is forgotten.
    hour = Math.max(hour, hourOf(now()));
    const id = `${pluginConfig} ${hour}`;
    const share = shares.get(id) ?? { pluginConfig, hour, values: new Map(), version: 0, writtenVersion: 0 };
    shares.set(id, share);
    return share;
  };

  const itemOf = (share: Share): MetricsItem => ({
    pk: metricsPartition(share.pluginConfig, share.hour),
    sk: `${metricsSortPrefix(share.hour)}#${functionName}#${instanceId}`,
    expiresAt: expiryAfter(METRICS_RETENTION_SECONDS, share.hour),
    version: share.version,
    function: functionName,
    values: metricsContent(share.values.values()),
  });

  return {
    add(pluginConfig, values) {
      if (values.length === 0) return [];
      const share = shareOf(pluginConfig);
      const refused: string[] = [];
      for (const measured of values) {
        const id = metricId(measured);
        const known = share.values.get(id);
        const isTooMuch = known === undefined && share.values.size >= MAX_NAMES;
        if (isTooMuch || measured.name.length > MAX_NAME_CHARACTERS) {
          refused.push(measured.name);
          continue;
        }
        const value = known ? combine(known.operation, known.value, measured.value) : measured.value;
        share.values.set(id, { ...measured, value });
      }
      share.version++;
      return refused;
    },

    async flush(table) {
      const changed = [...shares].filter(([, { version, writtenVersion }]) => version > writtenVersion);
      const errors = await inParallel(changed, CONCURRENT_WRITES, async ([, share]) => {
        const { version } = share;
        try {
          // Refused is done: a write of this version, or a later one, has arrived.
          await table.put(itemOf(share), {
            condition: 'attribute_not_exists(pk) OR #version < :version',
            values: { ':version': version },
          });
          share.writtenVersion = version;
          return null;
        } catch (error) {
          return error as Error;
        }
      });
      for (const [id, share] of shares)
        if (share.hour < hourOf(now()) && share.version === share.writtenVersion) shares.delete(id);
      const [error, ...more] = errors.filter((one) => one !== null);
      return error === undefined ? { waiting: 0 } : { waiting: 1 + more.length, error };
    },
  };
}
