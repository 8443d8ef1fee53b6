import type { RegistryFollower } from '../../shared/host/follow-registry.ts';
import { errorFacts, pluginFacts, type TellLifecycleEvent } from '../../shared/lifecycle/lifecycle-event.ts';
import type { PluginLog } from '../plugin-reports/plugin-log.ts';
import type { FailedExport } from './failed-export.ts';

export interface TellOfBurialDeps {
  log: PluginLog;
  tell: TellLifecycleEvent;
  plugins: Pick<RegistryFollower, 'find'>;
}

/** Tells the plugin's owner, in its log, and the operator that events have become dead letters, and why. */
export function tellOfBurial(
  { pluginConfig, events, error, pluginVersion }: FailedExport,
  { log, tell, plugins }: TellOfBurialDeps,
): void {
  const message = `${events} events were not exported and are dead letters now: ${error.name}: ${error.message}`;
  log({ plugin: pluginConfig, source: 'SYSTEM', level: 'ERROR', message }, { pluginVersion });
  const facts = { ...pluginFacts(pluginConfig, plugins.find(pluginConfig)), pluginVersion };
  tell({ type: 'Export undelivered', ...facts, batches: 1, events, error: errorFacts(error) });
}
