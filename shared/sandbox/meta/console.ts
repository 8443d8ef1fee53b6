import type { PluginLogLine } from '../plugin-report.ts';
import type { RealmValues } from '../realm-values.ts';

export type LogSink = (line: PluginLogLine) => void;

/**
 * The `console` of one plugin, as PostHog wrote its plugin logs: objects and arrays as JSON, anything else as `String` says it, joined by
 * a space. Each call gives a promise, which rejects when an argument cannot be written; its line then says so.
 */
export function createConsole(plugin: number, sink: LogSink, realm: RealmValues): object {
  const writer = (level: PluginLogLine['level']) =>
    realm.method(`console.${level.toLowerCase()}`, async (...values: unknown[]): Promise<void> => {
      try {
        sink({ plugin, level, message: values.map(textOf).join(' ') });
      } catch (error) {
        sink({ plugin, level, message: values.map(readableText).join(' ') });
        throw error;
      }
    });
  return realm.object({
    debug: writer('DEBUG'),
    log: writer('LOG'),
    info: writer('INFO'),
    warn: writer('WARN'),
    error: writer('ERROR'),
  });
}

/** @throws for a circular object, and for one that is no text and no JSON. */
function textOf(value: unknown): string {
  const text = Array.isArray(value) ? OBJECT : String(value);
  if (text !== OBJECT || typeof value === 'string') return text;
  const json: string | undefined = JSON.stringify(value);
  return json ?? text;
}

/** What `String` says of an object that is nothing in particular. */
const OBJECT = '[object Object]';

function readableText(value: unknown): string {
  try {
    return textOf(value);
  } catch {
    return '[unprintable]';
  }
}
