import type { IngestionFormat } from '../event/ingestion-format.ts';
import type { Compression } from '../event/pack-events.ts';
import { DEFAULT_PACK_LIMITS } from '../event/pack-events.ts';
import { DEFAULT_MESSAGE_LIMITS } from '../event/read-message.ts';
import type { PluginHostOptions } from './plugin-host.ts';

/** What a deployment chooses about its plugin hosts. */
export interface HostSettings {
  /** Longest time one call of a hook may take, seconds. PostHog's `TASK_TIMEOUT` was 30. */
  hookTimeoutSeconds: number;
  strikes: number;
  heapMegabytes: number;
  allowPrivateNetworks: boolean;
  format: IngestionFormat;
  compression: Compression;
}

/** Events of one batch that may wait at the same time: PostHog's `TASKS_PER_WORKER`. */
const CONCURRENCY = 10;

/** Signs of life per time limit: enough to tell a blocked loop from a late timer. */
const SIGNS_PER_TIMEOUT = 5;
const LONGEST_SIGN_MILLISECONDS = 1000;

/** MiB that Node itself and message bodies take beside the plugins' heap. */
const OVERHEAD_MEGABYTES = 256;

/** Derives everything the host is run with. */
export function hostOptions(
  settings: HostSettings,
  files: { entry: string; readablePaths: string[] },
  services: PluginHostOptions['services'],
  clock: () => number,
): PluginHostOptions {
  const hookTimeoutMilliseconds = settings.hookTimeoutSeconds * 1000;
  const aliveEveryMilliseconds = Math.min(LONGEST_SIGN_MILLISECONDS, hookTimeoutMilliseconds / SIGNS_PER_TIMEOUT);
  return {
    ...files,
    heapMegabytes: settings.heapMegabytes,
    strikes: settings.strikes,
    services,
    clock,
    watchdog: {
      // A call that began right after a sign must have its whole time.
      silenceMilliseconds: hookTimeoutMilliseconds + aliveEveryMilliseconds,
      residentBytes: (settings.heapMegabytes + OVERHEAD_MEGABYTES) * 1024 * 1024,
    },
    configure: {
      hookTimeoutMilliseconds,
      aliveEveryMilliseconds,
      allowPrivateNetworks: settings.allowPrivateNetworks,
      format: settings.format,
      compression: settings.compression,
      packLimits: DEFAULT_PACK_LIMITS,
      messageLimits: DEFAULT_MESSAGE_LIMITS,
      concurrency: CONCURRENCY,
    },
  };
}
