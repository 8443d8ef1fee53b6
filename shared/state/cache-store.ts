import { createTextStore, type StateEntry, type TextStore, type TextStoreDeps } from './text-store.ts';

export type CacheEntry = StateEntry;
export type CacheStore = TextStore;

/** Where the texts of `meta.cache` of all plugin configs lie. */
export function createCacheStore(deps: TextStoreDeps): CacheStore {
  return createTextStore('cache', deps);
}
