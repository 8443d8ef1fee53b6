import { combineMetric } from '../../shared/sandbox/meta/metrics.ts';
import type { PluginLogLine, PluginMetric } from '../../shared/sandbox/plugin-report.ts';
import type { HookError } from '../../shared/sandbox/protocol.ts';

export interface LogLine {
  /** SYSTEM: what the host says; PLUGIN: errors of hooks; CONSOLE: what the plugin says. */
  source: 'SYSTEM' | 'PLUGIN' | 'CONSOLE';
  type: PluginLogLine['level'];
  message: string;
}

export interface ListedError {
  hook: string;
  name: string;
  message: string;
}

/** An error in few words: its message, or its name when it has none. */
export function shortText({ name, message }: Pick<ListedError, 'name' | 'message'>): string {
  return message === '' ? name : message;
}

/** Writes down what happened during a scenario. */
export interface Journal {
  logs: LogLine[];
  errors: ListedError[];
  log(line: LogLine): void;
  /** Takes over what was said in the child. */
  hear(lines: readonly PluginLogLine[]): void;
  /** @param hook the hook it happened in, for an error that came back from none. */
  error(error: Pick<HookError, 'hook' | 'name' | 'message'>, hook?: string): ListedError;
  measure(metrics: readonly PluginMetric[]): void;
  metricsOf(plugin: number): Record<string, number>;
}

/** What the host says of a call that took too long, whether it waited or looped. */
const TIMED_OUT = /^Script execution timed out after .* (\S+) seconds?$/;

export function createJournal(): Journal {
  const logs: LogLine[] = [];
  const errors: ListedError[] = [];
  const metrics = new Map<string, PluginMetric>();
  return {
    logs,
    errors,
    log: (line) => void logs.push(line),
    hear(lines) {
      for (const { source = 'CONSOLE', level: type, message } of lines) {
        // Errors are written down where they are listed.
        if (source !== 'PLUGIN') logs.push({ source, type, message });
      }
    },
    error(error, during = error.hook) {
      const hook = isNobodys(error) ? during : error.hook;
      const seconds = error.name === 'TimeoutError' ? TIMED_OUT.exec(error.message)?.[1] : undefined;
      const message = seconds === undefined ? error.message : `${hook} timed out after ${seconds} s`;
      const listed = { hook, name: error.name, message };
      errors.push(listed);
      logs.push({ source: 'PLUGIN', type: 'ERROR', message: `${listed.name}: ${listed.message}` });
      return listed;
    },
    measure(measured) {
      for (const metric of measured) {
        const id = `${metric.plugin}:${metric.name}`;
        const known = metrics.get(id);
        const value = known ? combineMetric(known.operation, known.value, metric.value) : metric.value;
        metrics.set(id, { ...metric, value });
      }
    },
    metricsOf: (plugin) =>
      Object.fromEntries(
        [...metrics.values()].filter((metric) => metric.plugin === plugin).map(({ name, value }) => [name, value]),
      ),
  };
}

/** Of a promise that nobody awaits: it belongs to what ran, and fails nothing. */
export function isNobodys({ hook }: Pick<HookError, 'hook'>): boolean {
  return hook === 'unhandled' || hook === 'onFlush';
}
