import type { PluginLogLine } from '../../shared/sandbox/plugin-report.ts';

export type LeveledLogger = Record<
  'debug' | 'info' | 'warn' | 'error',
  (message: string, details: Record<string, unknown>) => void
>;

/** Writes a line about a plugin, with what more there is to say. */
export type PluginLog = (line: PluginLogLine, details?: Record<string, unknown>) => void;

const LOG_METHOD = {
  DEBUG: 'debug',
  LOG: 'info',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<PluginLogLine['level'], keyof LeveledLogger>;

/** Makes lines of the function's structured log of lines about plugins: with the plugin config and who speaks. */
export function createPluginLog(logger: LeveledLogger): PluginLog {
  return ({ plugin, source = 'CONSOLE', level, message }, details = {}) =>
    logger[LOG_METHOD[level]](message, { pluginConfig: plugin, source, ...details });
}
