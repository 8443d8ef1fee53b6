import { configError } from '../../shared/host/config-error.ts';
import type { FollowedRegistry, RegistryFollower } from '../../shared/host/follow-registry.ts';
import type { BatchResult } from '../../shared/host/run-batch.ts';
import { errorFacts, pluginFacts, type TellLifecycleEvent } from '../../shared/lifecycle/lifecycle-event.ts';
import type { PluginReport } from '../../shared/sandbox/plugin-report.ts';
import type { LeveledLogger, PluginLog } from './plugin-log.ts';

export interface PluginErrorRecorderDeps {
  registry: Pick<FollowedRegistry, 'recordError' | 'disable'>;
  plugins: Pick<RegistryFollower, 'find'>;
  /** Takes the lines about plugins. */
  log: PluginLog;
  logger: Pick<LeveledLogger, 'warn'>;
  tell: TellLifecycleEvent;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** What may have gone wrong in a batch, or while plugins were loaded or torn down; then there are no verdicts. */
export type PluginTroubles = Pick<PluginReport, 'errors' | 'logs' | 'logsDropped'> &
  Partial<Pick<BatchResult, 'verdicts'>>;

/**
 * Tells what went wrong in plugins: to the log, line by line, and to the registry, the latest error per plugin config.
 * A plugin that has killed the host too often is disabled. None of this may hold up events, so nothing here throws.
 */
export function createPluginErrorRecorder({ registry, plugins, log, logger, tell, now }: PluginErrorRecorderDeps) {
  const tolerate = async (pluginConfig: number, work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) =>
      logger.warn(`The registry did not take the error of a plugin: ${(error as Error).message}`, { pluginConfig }),
    );
  };

  const disable = async ({ plugin, error }: BatchResult['verdicts'][number]): Promise<void> => {
    const config = plugins.find(plugin);
    if (config === undefined) return;
    if ((await registry.disable(plugin, config.revision, configError(error, now()))) === 'outdated') return;
    tell({ type: 'Plugin disabled', ...pluginFacts(plugin, config), cause: 'host_ended', error: errorFacts(error) });
  };

  return async ({ logs, logsDropped, errors, verdicts = [] }: PluginTroubles): Promise<void> => {
    for (const line of logs) log(line);
    if (logsDropped > 0) logger.warn(`${logsDropped} log lines of plugins were not kept: too many in one batch`, {});
    for (const { plugin, count, last } of errors) {
      const { name, message, hook, event } = last;
      const what = `${plugins.find(plugin)?.plugin.name ?? 'A plugin'} (${plugin}) failed in ${hook}: ${name}: ${message}`;
      log({ plugin, source: 'PLUGIN', level: 'ERROR', message: what }, { count, ...(event && { event }) });
    }

    const judged = new Set(verdicts.map(({ plugin }) => plugin));
    await Promise.all([
      ...errors
        .filter(({ plugin }) => !judged.has(plugin))
        .map(({ plugin, last }) => tolerate(plugin, registry.recordError(plugin, configError(last, now())))),
      ...verdicts.map((verdict) => {
        const { plugin, error } = verdict;
        const message = `Plugin config ${plugin} has ended the plugin host too often and is disabled: ${error.message}`;
        log({ plugin, source: 'SYSTEM', level: 'ERROR', message });
        return tolerate(plugin, disable(verdict));
      }),
    ]);
  };
}
