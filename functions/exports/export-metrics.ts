import type { PluginMetric } from '../../shared/sandbox/plugin-report.ts';

/** How an attempt to export ended: taken, to be tried again, or given up. */
export type ExportOutcome = 'delivered' | 'retry' | 'undelivered';

/** The metrics that every plugin with `exportEvents` has; `meta.metrics` knows them by the same names. */
const SEEN = 'events_seen';
const COUNTS: Record<ExportOutcome, readonly string[]> = {
  delivered: ['events_delivered_successfully'],
  retry: ['retry_errors'],
  undelivered: ['other_errors', 'undelivered_events'],
};

/**
 * Counts the events of one attempt as PostHog did: seen at the first attempt only, so that always
 * `seen = delivered + undelivered + waiting for a retry`.
 */
export function exportMetrics(
  plugin: number,
  events: number,
  outcome: ExportOutcome,
  { isFirst }: { isFirst: boolean },
): PluginMetric[] {
  return [...(isFirst ? [SEEN] : []), ...COUNTS[outcome]].map((name) => metric(plugin, name, events));
}

/** Counts events that nobody took although they were tried often enough; the errors were counted when they happened. */
export function givenUpMetrics(plugin: number, events: number): PluginMetric[] {
  return [metric(plugin, 'undelivered_events', events)];
}

function metric(plugin: number, name: string, value: number): PluginMetric {
  return { plugin, name, operation: 'sum', value };
}
