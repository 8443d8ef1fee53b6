import type { EventRun } from './event-run.ts';

/**
 * Writes what the chain did onto the event that is ingested: `$plugins_succeeded`, `$plugins_failed` and `$plugins_deferred`,
 * all three together, and only if one of them is not empty. Whatever stood there is overwritten.
 */
export function writeMarkers(run: EventRun): void {
  const { succeeded: all, deferred } = run.chain;
  const failed = run.failed ?? NONE;
  if (all.length === 0 && deferred.length === 0) return;
  const succeeded = run.failed === null ? all : all.filter((label) => !failed.includes(label));
  const properties = writableProperties(run);
  properties['$plugins_succeeded'] = succeeded;
  properties['$plugins_failed'] = failed;
  properties['$plugins_deferred'] = deferred;
}

const NONE: string[] = [];

/** A plugin may have frozen the properties, replaced them by something else, or never had any. */
function writableProperties(run: EventRun): Record<string, unknown> {
  const { properties } = run.event;
  if (typeof properties === 'object' && properties !== null && Object.isExtensible(properties)) return properties;
  const copy = typeof properties === 'object' && properties !== null ? { ...properties } : {};
  if (Object.isExtensible(run.event)) run.event.properties = copy;
  else run.event = { ...run.event, properties: copy };
  return copy;
}
