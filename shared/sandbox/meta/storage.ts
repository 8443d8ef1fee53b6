import type { RealmValues } from '../realm-values.ts';
import type { StorageCommand } from '../service-calls.ts';
import type { CacheHost } from './cache.ts';
import type { CommandQueue } from './command-queue.ts';

/** Longest key, characters: PostHog's column. */
const MAX_KEY_CHARACTERS = 200;

export interface StorageDeps {
  plugin: number;
  values: CacheHost;
  commands: CommandQueue<StorageCommand>;
  realm: RealmValues;
  /** Why a write could never be stored; null when it can. */
  problem: string | null;
}

/** `meta.storage`: values that stay until the plugin deletes them, one namespace per plugin config. */
export function createStorage({ plugin, values, commands, realm, problem }: StorageDeps): object {
  const get = async (name: unknown, defaultValue?: unknown): Promise<unknown> => {
    const key = storageKey(name);
    await commands.settled(plugin, key);
    const text = await values.read(plugin, key);
    return typeof text === 'string' ? realm.parse(text) : defaultValue;
  };

  const set = async (name: unknown, value: unknown): Promise<void> => {
    if (problem !== null) throw new Error(problem);
    const key = storageKey(name);
    const text = JSON.stringify(value) as string | undefined;
    values.write({ plugin, key, ...(text === undefined ? {} : { value: text }) });
  };

  return realm.object({
    get: realm.method('storage.get', get),
    set: realm.method('storage.set', set),
    del: realm.method('storage.del', (name: unknown) => set(name, undefined)),
  });
}

/** @throws when it is longer than a key may be. */
export function storageKey(name: unknown): string {
  const key = String(name);
  if (key.length <= MAX_KEY_CHARACTERS) return key;
  throw new Error(
    `A storage key may have ${MAX_KEY_CHARACTERS} characters; got ${key.length}: ${JSON.stringify(key.slice(0, 50))}…`,
  );
}
