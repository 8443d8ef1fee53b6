import type { PluginEvent } from '../event/plugin-event.ts';

/** An event as JSON, and what had to be left out because JSON cannot say it. */
export interface EventJson {
  json: string;
  /** Why the plain way failed, for example a cycle; undefined when all was written. */
  problem?: string;
}

/**
 * Writes a processed event. Plugins can put in what JSON cannot say (a cycle, a BigInt, a getter that throws): then the rest of the
 * event is written all the same, since an event is never lost for a plugin's mistake.
 */
export function eventToJson(event: PluginEvent): EventJson {
  try {
    return { json: JSON.stringify(event) };
  } catch (error) {
    return {
      json: JSON.stringify(plain(event, [])),
      problem: error instanceof Error ? (error.message.split('\n')[0] as string) : 'unknown',
    };
  }
}

/** Deeper than any real event; deeper parts are named, not written. */
const MAX_DEPTH = 100;

function plain(value: unknown, ancestors: unknown[]): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (ancestors.includes(value)) return '[circular]';
  if (ancestors.length >= MAX_DEPTH) return '[too deep]';
  const path = [...ancestors, value];
  if (Array.isArray(value)) return value.map((inner) => plain(inner, path));
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) copy[key] = plain(readProperty(value, key), path);
  return copy;
}

function readProperty(owner: object, key: string): unknown {
  try {
    return (owner as Record<string, unknown>)[key];
  } catch {
    return '[unreadable]';
  }
}
