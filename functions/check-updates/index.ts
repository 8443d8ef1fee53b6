import type { Context } from 'aws-lambda';
import { inParallel } from '../../shared/aws/in-parallel.ts';
import type { InstalledPlugin } from '../../shared/registry/plugin-version.ts';
import type { UpdateCheck } from '../../shared/sources/check-for-updates.ts';

export interface CheckUpdatesDeps {
  listPlugins(): Promise<InstalledPlugin[]>;
  /** Asks a plugin's source, and remembers the answer. */
  check(plugin: InstalledPlugin): Promise<UpdateCheck | null>;
  log(message: string, details: Record<string, unknown>): void;
  warn(message: string, details: Record<string, unknown>): void;
}

/** Sites count requests, and are slow at times: a few at once are polite and fast enough. */
const CONCURRENCY = 4;

/** What is kept of the function's time for the checks under way; one takes 60 s at the most. */
const RESERVE_MILLISECONDS = 90_000;

/**
 * Asks the source of every plugin whether there is a newer version, those first that were not asked for the longest time: what there was
 * no time for, or what a run that died has left out, comes first the next day. One that fails stops no other.
 *
 * @throws when the plugins cannot be listed
 */
export function createCheckUpdates({ listPlugins, check, log, warn }: CheckUpdatesDeps) {
  return async (_: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const plugins = (await listPlugins())
      .filter(({ source }) => source.url !== null)
      .toSorted((one, other) => askedAt(one).localeCompare(askedAt(other)));
    const counts = { asked: 0, newer: 0, failed: 0, left: 0 };

    await inParallel(plugins, CONCURRENCY, async (plugin) => {
      if (context.getRemainingTimeInMillis() < RESERVE_MILLISECONDS) return void counts.left++;
      counts.asked++;
      const { id, name, marker } = plugin;
      try {
        const found = await check(plugin);
        if (found?.isNewer !== true) return;
        counts.newer++;
        log(`There is a newer version of ${name}`, { plugin: id, installed: marker, latest: found.latest.marker });
      } catch (error) {
        counts.failed++;
        warn(`The source of ${name} could not be asked: ${(error as Error).message}`, { plugin: id });
      }
    });
    log(`Looked for newer versions of ${counts.asked} plugins: ${counts.newer} have one`, counts);
  };
}

function askedAt({ latest }: InstalledPlugin): string {
  return latest?.checkedAt ?? '';
}
