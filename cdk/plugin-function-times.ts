import type { PluginFunctionSettings } from './settings.ts';

/**
 * Share of the function's memory that plugins may fill. At 1,769 MB that is 1,061 MB, which leaves 708 MB for the
 * parent process (up to 6 MB of messages, what comes back from the child, the AWS SDK) and for what the child
 * needs outside of its heap.
 */
const PLUGIN_HEAP_SHARE = 0.6;

type Times = Pick<PluginFunctionSettings, 'hookTimeoutSeconds' | 'strikes' | 'overheadSeconds'>;

/** Time for the worst batch: each strike costs one hung hook, then one hook may still take its full time. */
export function functionTimeoutSeconds(row: Times): number {
  return row.hookTimeoutSeconds * (1 + row.strikes) + row.overheadSeconds;
}

/** What AWS asks of a queue that feeds a function: 6 × its timeout + the batching window. */
export function visibilityTimeoutSeconds(row: Times & Pick<PluginFunctionSettings, 'windowSeconds'>): number {
  return 6 * functionTimeoutSeconds(row) + row.windowSeconds;
}

/** The plugin host's heap limit. */
export function pluginHeapMegabytes(row: Pick<PluginFunctionSettings, 'memoryMegabytes'>): number {
  return Math.floor(row.memoryMegabytes * PLUGIN_HEAP_SHARE);
}
