import type { ObjectBucket } from '../aws/object-bucket.ts';
import { type CacheCommands, createCacheCommands } from './cache-commands.ts';
import { type CacheStore, createCacheStore } from './cache-store.ts';
import { createStorageStore, type StorageStore } from './storage-store.ts';
import type { TableDeps } from './table-calls.ts';

export interface PluginStateDeps extends TableDeps {
  /** Where texts above 400 KB go; without it they are refused. */
  bucket?: ObjectBucket | undefined;
  /** A new UUID. */
  newId: () => string;
  /** Gives 0 to 1. */
  random: () => number;
}

/** What plugins keep, on one table: `meta.cache`, its commands, and `meta.storage`. Make it once per process. */
export interface PluginState {
  cache: CacheStore;
  cacheCommands: CacheCommands;
  storage: StorageStore;
}

export function createPluginState({ bucket, newId, random, ...table }: PluginStateDeps): PluginState {
  const texts = { ...table, large: bucket && { bucket, newId } };
  const commands = { ...texts, newId, random, writer: newId().slice(-12) };
  return {
    cache: createCacheStore(texts),
    cacheCommands: createCacheCommands(commands),
    storage: createStorageStore(commands),
  };
}
