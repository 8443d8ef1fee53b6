import type { PluginLog } from '../plugin-reports/plugin-log.ts';
import type { FailedExport } from './failed-export.ts';

/** Writes into the plugin's log that events have become dead letters, and why. */
export function tellOfBurial({ pluginConfig, events, error, pluginVersion }: FailedExport, log: PluginLog): void {
  const message = `${events} events were not exported and are dead letters now: ${error.name}: ${error.message}`;
  log({ plugin: pluginConfig, source: 'SYSTEM', level: 'ERROR', message }, { pluginVersion });
}
