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

/** What a batch may come to, bytes, before the rest of its messages is left for the next: both processes hold all of it. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Signs of life per time limit: enough to tell a blocked loop from a late timer. */
const SIGNS_PER_TIMEOUT = 5;
const LONGEST_SIGN_MILLISECONDS = 1000;

/**
 * MiB that Node itself and message bodies take beside the plugins' heap: 64 for the process, a sixth of the heap for buffers. With a heap of
 * 60 % of the function's memory this leaves at least 90 MiB to the parent: 512 − 307 × 7/6 − 64 = 90.
 */
const residentMegabytes = (heapMegabytes: number) => 64 + (heapMegabytes * 7) / 6;

/** Derives everything the host is run with. `librariesFolder` must lie in one of the `readablePaths`. */
export function hostOptions(
  settings: HostSettings,
  { librariesFolder, ...files }: { entry: string; readablePaths: string[]; librariesFolder: string },
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
    maxOutputBytes: 4 * MAX_OUTPUT_BYTES,
    watchdog: {
      // A call that began right after a sign must have its whole time.
      silenceMilliseconds: hookTimeoutMilliseconds + aliveEveryMilliseconds,
      residentBytes: residentMegabytes(settings.heapMegabytes) * 1024 * 1024,
    },
    configure: {
      hookTimeoutMilliseconds,
      aliveEveryMilliseconds,
      allowPrivateNetworks: settings.allowPrivateNetworks,
      format: settings.format,
      compression: settings.compression,
      packLimits: DEFAULT_PACK_LIMITS,
      messageLimits: DEFAULT_MESSAGE_LIMITS,
      librariesFolder,
      concurrency: CONCURRENCY,
      timeoutsBeforeSuspension: settings.strikes,
      maxOutputBytes: MAX_OUTPUT_BYTES,
    },
  };
}
