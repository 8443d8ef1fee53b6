import { errorFacts, type LifecycleEvent, pluginFacts } from '../lifecycle/lifecycle-event.ts';
import type { PluginConfig, PluginConfigError, SetupAttempts } from '../registry/plugin-config.ts';
import { MAX_ATTEMPTS } from './setup-attempts.ts';

/**
 * What is told of a setup that has failed.
 *
 * @param next null when the plugin config is to be disabled
 * @param retry whether the error is one that is tried again
 */
export function setupFailed(
  config: PluginConfig,
  error: PluginConfigError,
  next: SetupAttempts | null,
  retry: boolean,
): LifecycleEvent<'Plugin setup failed'> {
  return {
    type: 'Plugin setup failed',
    ...pluginFacts(config.id, config),
    final: next === null,
    ...(retry ? { attempt: next?.made ?? MAX_ATTEMPTS, maxAttempts: MAX_ATTEMPTS } : {}),
    ...(next === null ? {} : { nextAttemptAt: new Date(next.nextAt).toISOString() }),
    error: errorFacts(error),
  };
}
