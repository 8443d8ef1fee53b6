import { plainLine } from '../table-text.ts';
import type { DevNews } from './dev-news.ts';

/** A line of a function's structured log: as much of it as is told. */
interface LogRecord {
  level?: string;
  message?: string;
  /** ISO 8601. */
  timestamp?: string;
  /** Of lines about plugins. */
  pluginConfig?: number | null;
  source?: 'CONSOLE' | 'PLUGIN' | 'SYSTEM';
  error?: { message?: string };
  account?: { dropped?: Record<string, number> }[];
}

/** Names of plugins by the id of their plugin config. */
export type NameOf = (pluginConfigId: number) => string;

/** News of a line that a function has written: what plugins say, what they drop, and faults. Most lines are none. */
export function newsOfLog(line: string, nameOf: NameOf, now: number): DevNews[] {
  const record = parse(line);
  if (record === null) return [];
  const { level = 'INFO', message, timestamp, pluginConfig, source, account } = record;
  if (account !== undefined) return account.flatMap(({ dropped = {} }) => newsOfDrops(dropped, nameOf, now));
  const at = timestamp === undefined ? now : Date.parse(timestamp);
  if (message === undefined) return [];
  if (typeof pluginConfig === 'number' && source !== undefined) {
    const who = `${nameOf(pluginConfig)}${source === 'SYSTEM' ? ' (Hoglet)' : ''}`;
    const text = plainLines(`${who}: ${level === 'INFO' ? '' : `${level} `}${message}`);
    return [{ kind: 'log', at, text, pluginConfig, source, level, message }];
  }
  if (level !== 'ERROR') return [];
  const why = record.error?.message === undefined ? '' : `: ${record.error.message}`;
  return [{ kind: 'fault', at, text: plainLines(`${message}${why}`) }];
}

function newsOfDrops(dropped: Record<string, number>, nameOf: NameOf, at: number): DevNews[] {
  return Object.entries(dropped).map(([id, events]) => ({
    kind: 'dropped',
    at,
    text: `${events} ${events === 1 ? 'event' : 'events'} by ${nameOf(Number(id))}`,
    pluginConfig: Number(id),
    events,
  }));
}

function plainLines(text: string): string {
  return text.split('\n').map(plainLine).join('\n');
}

/** Null for a line that is no record. */
function parse(line: string): LogRecord | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as LogRecord;
  } catch {
    return null;
  }
}
