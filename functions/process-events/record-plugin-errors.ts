import { configError, type FollowedRegistry, type RegistryFollower } from '../../shared/host/follow-registry.ts';
import type { BatchResult } from '../../shared/host/run-batch.ts';
import type { PluginLogLine } from '../../shared/sandbox/protocol.ts';

export interface PluginErrorRecorderDeps {
  registry: Pick<FollowedRegistry, 'recordError' | 'disable'>;
  plugins: Pick<RegistryFollower, 'find'>;
  logger: Record<'debug' | 'info' | 'warn' | 'error', (message: string, details: Record<string, unknown>) => void>;
  /** Milliseconds since 1970. */
  now: () => number;
}

const LOG_METHOD = {
  DEBUG: 'debug',
  LOG: 'info',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<PluginLogLine['level'], string>;

/**
 * Tells what went wrong in plugins: to the log, line by line, and to the registry, the latest error per plugin config.
 * A plugin that has killed the host too often is disabled. None of this may hold up events, so nothing here throws.
 */
export function createPluginErrorRecorder({ registry, plugins, logger, now }: PluginErrorRecorderDeps) {
  const tolerate = async (pluginConfig: number, work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) =>
      logger.warn(`The registry did not take the error of a plugin: ${(error as Error).message}`, { pluginConfig }),
    );
  };

  return async (batch: BatchResult): Promise<void> => {
    for (const { plugin, level, message } of batch.logs) logger[LOG_METHOD[level]](message, { pluginConfig: plugin });
    if (batch.logsDropped > 0)
      logger.warn(`${batch.logsDropped} log lines of plugins were not kept: too many in one batch`, {});
    for (const { plugin, count, last } of batch.errors) {
      const { name, message, hook, event } = last;
      logger.error(
        `${plugins.find(plugin)?.plugin.name ?? 'A plugin'} (${plugin}) failed in ${hook}: ${name}: ${message}`,
        {
          pluginConfig: plugin,
          count,
          ...(event === undefined ? {} : { event }),
        },
      );
    }

    const verdicts = new Set(batch.verdicts.map(({ plugin }) => plugin));
    await Promise.all([
      ...batch.errors
        .filter(({ plugin }) => !verdicts.has(plugin))
        .map(({ plugin, last }) => tolerate(plugin, registry.recordError(plugin, configError(last, now())))),
      ...batch.verdicts.map(({ plugin, error }) => {
        logger.error(`Plugin config ${plugin} has ended the plugin host too often and is disabled: ${error.message}`, {
          pluginConfig: plugin,
        });
        const revision = plugins.find(plugin)?.revision;
        if (revision === undefined) return Promise.resolve();
        return tolerate(plugin, registry.disable(plugin, revision, configError(error, now())));
      }),
    ]);
  };
}
