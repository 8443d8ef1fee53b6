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
  /** Writes what plugins have set, one write per key. Resolves when the parent has stored it. */
  flush(): Promise<void>;
  /** Forgets what was read, so that the next batch sees what other processes wrote. */
  forget(): void;
}

/**
 * Within a batch the first read of a key asks the parent, later ones do not; reads that are asked for together travel together.
 * A set is visible to the plugin at once, awaited or not, and stored by `flush`.
 */
export function createCacheHost(backend: CacheBackend, work: PendingWork): CacheHost {
  const known = new Map<string, Promise<string | null>>();
  const written = new Map<string, CacheEntry>();
  let asked: { cacheKey: CacheKey; answer: (value: string | null) => void; fail: (error: unknown) => void }[] = [];

  const askParent = () => {
    const batch = asked;
    asked = [];
    const reading = backend.read(batch.map(({ cacheKey }) => cacheKey)).then(
      (values) => batch.forEach(({ answer }, index) => answer(values[index] ?? null)),
      (error: unknown) => batch.forEach(({ fail }) => fail(error)),
    );
    void work.track(reading);
  };

  const read = (plugin: number, key: string): Promise<string | null> => {
    const id = `${plugin}:${key}`;
    let value = known.get(id);
    if (value === undefined) {
      value = new Promise<string | null>((answer, fail) => {
        if (asked.length === 0) setImmediate(askParent);
        asked.push({ cacheKey: { plugin, key }, answer, fail });
      });
      known.set(id, value);
    }
    return value;
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
      if (entries.length > 0) await backend.write(entries);
    },
    forget: () => known.clear(),
  };
}
