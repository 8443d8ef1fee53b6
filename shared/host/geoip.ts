import { isIP } from 'node:net';
import type { GeoipPort } from './services.ts';

/** A file and what changes with its content. */
export interface TaggedFile {
  tag: string;
  content: Buffer;
}

export interface GeoipDeps {
  /** The database, `unchanged` when it still has the tag, null when there is none. @throws when nobody can say. */
  readDatabase(knownTag: string | undefined): Promise<TaggedFile | 'unchanged' | null>;
  /** Milliseconds since 1970. */
  now: () => number;
  warn: (message: string, details: Record<string, unknown>) => void;
}

/** MaxMind publishes twice a week. */
const LOOK_FOR_CHANGES_EVERY_MILLISECONDS = 3_600_000;
/** Without a database it is looked for more often: somebody may just be putting it there. */
const LOOK_FOR_ANY_EVERY_MILLISECONDS = 60_000;

/** PostHog's words to plugins. */
const UNAVAILABLE = 'IP location capabilities are not available in this PostHog instance!';

/**
 * Looks addresses up in a MaxMind City database. It is read when the first address is asked for, so whoever asks for none pays nothing, and
 * kept in memory whole (some 60 MB; twice that while a new one is read).
 */
export function createGeoip({ readDatabase, now, warn }: GeoipDeps): GeoipPort {
  let database: { tag: string; get(ip: string): object | null } | null = null;
  let lookAgainAt = 0;
  let reading: Promise<void> | null = null;

  const read = async (): Promise<void> => {
    try {
      const file = await readDatabase(database?.tag);
      if (file === null) database = null;
      else if (file !== 'unchanged') {
        const { Reader } = await import('maxmind');
        const reader = new Reader(file.content);
        database = { tag: file.tag, get: (ip) => reader.get(ip) };
      }
    } catch (error) {
      // What is there is better than nothing.
      warn(`The GeoIP database could not be read: ${(error as Error).message}`, {});
    }
    lookAgainAt = now() + (database === null ? LOOK_FOR_ANY_EVERY_MILLISECONDS : LOOK_FOR_CHANGES_EVERY_MILLISECONDS);
  };

  return {
    async lookup(ip) {
      if (now() >= lookAgainAt) {
        reading ??= read().finally(() => {
          reading = null;
        });
        await reading;
      }
      if (database === null) throw new Error(UNAVAILABLE);
      return isIP(ip) === 0 ? null : database.get(ip);
    },
  };
}
