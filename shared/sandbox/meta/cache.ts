import type { PendingWork } from '../pending-work.ts';
import type { CacheEntry, CacheKey, Later, Refusal } from '../service-calls.ts';
import { cutByLength } from './cut-by-length.ts';

/** The parent's side of the cache, as the child calls it. */
export interface CacheBackend {
  /** Texts in the order of the keys, null for a miss. Of several at least one is not for later. */
  read(keys: CacheKey[]): Promise<(CacheText | Later)[]>;
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
  /** Writes what plugins have set, one write per key. Resolves when the parent has stored it, to whether there was anything. */
  flush(): Promise<boolean>;
  /** Forgets what was read, so that the next batch sees what other processes wrote. */
  forget(): void;
}

/** What the state store takes of one value, in UTF-8: large ones lie in S3. */
const MAX_VALUE_BYTES = 10_000_000;
/** UTF-8 takes at most three bytes for each character of JavaScript's. */
const MAX_BYTES_PER_CHARACTER = 3;
/** Characters of values that one plugin config may have waiting for a flush: two of the largest. */
const MAX_HELD_LENGTH = 2 * MAX_VALUE_BYTES;
/** Characters of values, and keys, that travel together: the parent has little memory beside what plugins may fill. */
const MAX_CALL_LENGTH = 16_000_000;
const MAX_KEYS_PER_CALL = 100;

/**
 * Within a batch the first read of a key asks the parent, later ones do not; reads that are asked for together travel together.
 * A set is visible to the plugin at once, awaited or not, and stored by `flush`.
 */
export function createCacheHost(backend: CacheBackend, work: PendingWork, method = 'cache.set'): CacheHost {
  const known = new Map<string, Promise<CacheText>>();
  const written = new Map<string, CacheEntry>();
  let asked: { cacheKey: CacheKey; answer: (value: CacheText) => void; fail: (error: unknown) => void }[] = [];
  let isAsking = false;
  /** Lengths of the values in `written`, by plugin config. */
  const held = new Map<number, number>();

  /** One call at a time: what is asked for meanwhile travels together in the next one. */
  const askParent = async (): Promise<void> => {
    for (;;) {
      // What is asked for in one turn travels together, and whoever waited for an answer gets a turn to go on.
      await new Promise((resolve) => setImmediate(resolve));
      if (asked.length === 0) break;
      const batch = asked.slice(0, MAX_KEYS_PER_CALL);
      asked = asked.slice(MAX_KEYS_PER_CALL);
      try {
        const values = await backend.read(batch.map(({ cacheKey }) => cacheKey));
        for (const [index, one] of batch.entries()) {
          const value = values[index] ?? null;
          if (typeof value === 'object' && value !== null && 'later' in value) asked.push(one);
          else one.answer(value);
        }
      } catch (error) {
        for (const { fail } of batch) fail(error);
      }
    }
    isAsking = false;
  };

  const read = (plugin: number, key: string): Promise<CacheText> => {
    const id = `${plugin}:${key}`;
    let value = known.get(id);
    if (value === undefined) {
      value = new Promise<CacheText>((answer, fail) => {
        if (!isAsking) void askParent();
        isAsking = true;
        const failAndForget = (error: unknown) => {
          // So that a plugin which tries again asks again; what was set meanwhile stays.
          if (known.get(id) === value) known.delete(id);
          fail(error);
        };
        asked.push({ cacheKey: { plugin, key }, answer, fail: failAndForget });
      });
      // From the first moment: a plugin that does not await its read may go on with a write.
      void work.track(value);
      known.set(id, value);
    }
    return value;
  };

  /** A batch's sets lie in memory until they are flushed: neither one nor all of them may fill it. */
  const makeRoom = (plugin: number, id: string, text: string): void => {
    const bytes = text.length * MAX_BYTES_PER_CHARACTER <= MAX_VALUE_BYTES ? 0 : Buffer.byteLength(text);
    if (bytes > MAX_VALUE_BYTES)
      throw new RangeError(`${method}: the value has ${bytes} bytes as text; at most ${MAX_VALUE_BYTES} can be stored`);
    const others = (held.get(plugin) ?? 0) - (written.get(id)?.value?.length ?? 0);
    if (others + text.length > MAX_HELD_LENGTH) {
      throw new RangeError(
        `${method}: this batch has ${others} characters of values to store already; at most ${MAX_HELD_LENGTH} are held`,
      );
    }
    held.set(plugin, others + text.length);
  };

  return {
    read,
    write(entry) {
      const id = `${entry.plugin}:${entry.key}`;
      makeRoom(entry.plugin, id, entry.value ?? '');
      known.set(id, Promise.resolve(entry.value ?? null));
      written.set(id, entry);
    },
    take(plugin, key) {
      const id = `${plugin}:${key}`;
      const entry = written.get(id);
      written.delete(id);
      held.set(plugin, (held.get(plugin) ?? 0) - (entry?.value?.length ?? 0));
      known.delete(id);
      return entry;
    },
    async flush() {
      const entries = [...written.values()];
      written.clear();
      held.clear();
      for (const some of cutByLength(entries, ({ value = '' }) => value.length, MAX_CALL_LENGTH))
        await backend.write(some);
      return entries.length > 0;
    },
    forget: () => known.clear(),
  };
}
