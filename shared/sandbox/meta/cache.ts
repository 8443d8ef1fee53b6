import type { PendingWork } from '../pending-work.ts';
import type { CacheEntry, CacheKey } from '../protocol.ts';

/** The parent's side of the cache, as the child calls it. */
export interface CacheBackend {
  /** JSON texts in the order of the keys, null for a miss. */
  read(keys: CacheKey[]): Promise<(string | null)[]>;
  write(entries: CacheEntry[]): Promise<void>;
}

export interface CacheOptions {
  /** PostHog's switches for values that are text already. */
  jsonSerialize?: boolean;
  jsonParse?: boolean;
}

export interface PluginCache {
  get(key: string, defaultValue?: unknown, options?: CacheOptions): Promise<unknown>;
  set(key: string, value: unknown, expiresInSeconds?: number, options?: CacheOptions): Promise<void>;
}

/** All caches of one child: they read through and write behind within one batch. */
export interface CacheHost {
  cacheOf(plugin: number): PluginCache;
  /** Writes what plugins have set, one write per key. Resolves when the parent has stored it, to whether there was anything. */
  flush(): Promise<boolean>;
  /** Forgets what was read, so that the next batch sees what other processes wrote. */
  forget(): void;
}

/** DynamoDB's cap of an item, 400 KB, in characters: whatever is longer cannot be stored. */
const MAX_VALUE_LENGTH = 409_600;
/** Characters of values that one plugin config may have waiting for a flush. */
const MAX_HELD_LENGTH = 10_000_000;

/**
 * Within a batch the first read of a key asks the parent, later ones do not; reads that are asked for together travel together.
 * A set is visible to the plugin at once, awaited or not, and stored by `flush`.
 */
export function createCacheHost(backend: CacheBackend, work: PendingWork): CacheHost {
  const known = new Map<string, Promise<string | null>>();
  const written = new Map<string, CacheEntry>();
  /** Lengths of the values in `written`, by plugin config. */
  const held = new Map<number, number>();
  let asked: { cacheKey: CacheKey; answer: (value: string | null) => void; fail: (error: unknown) => void }[] = [];

  const askParent = () => {
    const batch = asked;
    asked = [];
    void backend.read(batch.map(({ cacheKey }) => cacheKey)).then(
      (values) => batch.forEach(({ answer }, index) => answer(values[index] ?? null)),
      (error: unknown) => batch.forEach(({ fail }) => fail(error)),
    );
  };

  const read = (plugin: number, key: string): Promise<string | null> => {
    const id = `${plugin}:${key}`;
    let value = known.get(id);
    if (value === undefined) {
      value = new Promise<string | null>((answer, fail) => {
        if (asked.length === 0) setImmediate(askParent);
        asked.push({ cacheKey: { plugin, key }, answer, fail });
      });
      // From the first moment: a plugin that does not await its read may go on with a write.
      void work.track(value);
      known.set(id, value);
    }
    return value;
  };

  /** A batch's sets lie in memory until they are flushed: neither one nor all of them may fill it. */
  const makeRoom = (plugin: number, id: string, text: string): void => {
    if (text.length > MAX_VALUE_LENGTH) {
      throw new RangeError(
        `cache.set: the value has ${text.length} characters as JSON; at most ${MAX_VALUE_LENGTH} can be stored`,
      );
    }
    const others = (held.get(plugin) ?? 0) - (written.get(id)?.value?.length ?? 0);
    if (others + text.length > MAX_HELD_LENGTH) {
      throw new RangeError(
        `cache.set: this batch has ${others} characters of values to store already; at most ${MAX_HELD_LENGTH} are held`,
      );
    }
    held.set(plugin, others + text.length);
  };

  return {
    cacheOf: (plugin) => ({
      async get(key, defaultValue = null, options = {}) {
        const text = await read(plugin, String(key));
        if (text === null) return defaultValue;
        return options.jsonParse === false ? text : JSON.parse(text);
      },
      async set(key, value, expiresInSeconds, options = {}) {
        const text = options.jsonSerialize === false ? String(value) : (JSON.stringify(value) ?? 'null');
        const id = `${plugin}:${key}`;
        makeRoom(plugin, id, text);
        known.set(id, Promise.resolve(text));
        written.set(id, {
          plugin,
          key: String(key),
          value: text,
          ...(Number(expiresInSeconds) > 0 ? { expiresInSeconds: Number(expiresInSeconds) } : {}),
        });
      },
    }),
    async flush() {
      const entries = [...written.values()];
      written.clear();
      held.clear();
      if (entries.length > 0) await backend.write(entries);
      return entries.length > 0;
    },
    forget: () => known.clear(),
  };
}
