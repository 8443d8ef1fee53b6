import { configError, type FollowedRegistry, type RegistryFollower } from '../../shared/host/follow-registry.ts';
import type { BatchResult } from '../../shared/host/run-batch.ts';
import type { PluginReport } from '../../shared/sandbox/protocol.ts';
import type { LeveledLogger, PluginLog } from './plugin-log.ts';

export interface PluginErrorRecorderDeps {
  registry: Pick<FollowedRegistry, 'recordError' | 'disable'>;
  plugins: Pick<RegistryFollower, 'find'>;
  /** Takes the lines about plugins. */
  log: PluginLog;
  logger: Pick<LeveledLogger, 'warn'>;
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
export function createPluginErrorRecorder({ registry, plugins, log, logger, now }: PluginErrorRecorderDeps) {
  const tolerate = async (pluginConfig: number, work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) =>
      logger.warn(`The registry did not take the error of a plugin: ${(error as Error).message}`, { pluginConfig }),
    );
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
      ...verdicts.map(({ plugin, error }) => {
        const message = `Plugin config ${plugin} has ended the plugin host too often and is disabled: ${error.message}`;
        log({ plugin, source: 'SYSTEM', level: 'ERROR', message });
        const revision = plugins.find(plugin)?.revision;
        if (revision === undefined) return Promise.resolve();
        return tolerate(plugin, registry.disable(plugin, revision, configError(error, now())));
      }),
    ]);
  };
}
