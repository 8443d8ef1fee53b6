import type { PluginLogLine } from '../protocol.ts';

export type LogSink = (line: PluginLogLine) => void;

/** The `console` of one plugin: each argument as text, objects as JSON, joined by a space, as PostHog wrote its plugin logs. */
export function createConsole(plugin: number, sink: LogSink): Record<string, (...values: unknown[]) => void> {
  const writer =
    (level: PluginLogLine['level']) =>
    (...values: unknown[]) =>
      sink({ plugin, level, message: values.map(textOf).join(' ') });
  return {
    debug: writer('DEBUG'),
    log: writer('LOG'),
    info: writer('INFO'),
    warn: writer('WARN'),
    error: writer('ERROR'),
  };
}

function textOf(value: unknown): string {
  try {
    const plain = typeof value === 'object' && value !== null && (Array.isArray(value) || !('message' in value));
    return plain ? JSON.stringify(value) : String(value);
  } catch {
    return '[unprintable]';
  }
}
