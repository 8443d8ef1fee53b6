import type { BusEvent } from './events/event-buses.ts';

/** As docs/lifecycle-events.md has it; of each detail-type a part of these. */
interface Detail {
  pluginConfig?: number;
  plugin?: string;
  error?: { name: string; message: string };
  [field: string]: unknown;
}

/** Fields that say what every event says, or are in the line anyway. */
const LEFT_OUT = new Set(['version', 'id', 'function', 'pluginConfig', 'project', 'plugin', 'pluginVersion', 'error']);

/** Makes one line for people of a lifecycle event: `Plugin disabled: GeoIP (7), cause host_ended: TimeoutError: …`. */
export function lifecycleLine({ 'detail-type': type, detail }: BusEvent): string {
  const { pluginConfig, plugin = 'plugin config', error, ...more } = detail as Detail;
  const subject = pluginConfig === undefined ? [] : [`${plugin} (${pluginConfig})`];
  const facts = Object.entries(more)
    .filter(([field]) => !LEFT_OUT.has(field))
    .map(([field, value]) => `${field} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const what = [...subject, ...facts].join(', ');
  const why = error === undefined ? '' : `: ${error.name}: ${error.message}`;
  return `${type}: ${what}${why}`.replaceAll(/[\p{Cc}\s]+/gu, ' ');
}
