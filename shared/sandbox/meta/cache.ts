import type { PendingWork } from '../pending-work.ts';
import type { CacheEntry, CacheKey, Refusal } from '../service-calls.ts';

/** The parent's side of the cache, as the child calls it. */
export interface CacheBackend {
  /** Texts in the order of the keys, null for a miss. */
  read(keys: CacheKey[]): Promise<CacheText[]>;
  write(entries: CacheEntry[]): Promise<void>;
}

/** What a key holds; a refusal when it is no text. */
export type CacheText = string | null | Refusal;

/** All caches of one child: they read through and write behind within one batch. */
export interface CacheHost {
  read(plugin: number, key: string): Promise<CacheText>;
  write(entry: CacheEntry): void;
  /** Takes out what is not stored yet and forgets the key: a command of the parent comes next. */
  take(plugin: number, key: string): CacheEntry | undefined;
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
  const known = new Map<string, Promise<CacheText>>();
  const written = new Map<string, CacheEntry>();
  let asked: { cacheKey: CacheKey; answer: (value: CacheText) => void; fail: (error: unknown) => void }[] = [];

  const askParent = () => {
    const batch = asked;
    asked = [];
    const reading = backend.read(batch.map(({ cacheKey }) => cacheKey)).then(
      (values) => batch.forEach(({ answer }, index) => answer(values[index] ?? null)),
      (error: unknown) => batch.forEach(({ fail }) => fail(error)),
    );
    void work.track(reading);
  };

  const read = (plugin: number, key: string): Promise<CacheText> => {
    const id = `${plugin}:${key}`;
    let value = known.get(id);
    if (value === undefined) {
      value = new Promise<CacheText>((answer, fail) => {
        if (asked.length === 0) setImmediate(askParent);
        asked.push({ cacheKey: { plugin, key }, answer, fail });
      });
      known.set(id, value);
    }
    return value;
  };

  return {
    read,
    write(entry) {
      const id = `${entry.plugin}:${entry.key}`;
      known.set(id, Promise.resolve(entry.value ?? null));
      written.set(id, entry);
    },
    take(plugin, key) {
      const id = `${plugin}:${key}`;
      const entry = written.get(id);
      written.delete(id);
      known.delete(id);
      return entry;
    },
    async flush() {
      const entries = [...written.values()];
      written.clear();
      if (entries.length > 0) await backend.write(entries);
    },
    forget: () => known.clear(),
  };
}
