import { BatchGetCommand, BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { inParallel } from '../aws/in-parallel.ts';
import { type CacheItem, cacheItem, cacheItemKey, itemBytes, MAX_ITEM_BYTES } from './cache-item.ts';
import { chunksOf } from './chunks-of.ts';
import { repeatWithBackoff } from './repeat-with-backoff.ts';

export interface CacheKey {
  /** The plugin config's id: every plugin config has keys of its own. */
  plugin: number;
  key: string;
}

export interface CacheEntry extends CacheKey {
  /** Text, usually JSON; absent to delete. */
  value?: string;
  /** Above 0; absent for an entry that stays until it is written again. */
  expiresInSeconds?: number;
}

/** An entry that was not stored, and why, for the plugin's author. */
export interface CacheFailure extends CacheKey {
  message: string;
}

/** Where `meta.cache` of all plugin configs lies. */
export interface CacheStore {
  /**
   * Gives texts in the order of the keys, null for a miss. Sees every write that was acknowledged before; an expired entry is a miss
   * from its very millisecond on, whether or not the table has deleted it.
   *
   * @throws when the table does not answer in full.
   */
  readMany(keys: readonly CacheKey[]): Promise<(string | null)[]>;
  /**
   * Puts and deletes. When a key comes twice, the last entry counts. A put without expiry takes an earlier expiry away.
   * Entries are written one by one, in any order; writing them again does no harm, but the expiry begins anew.
   *
   * @returns the entries that no attempt could store: too large (400 KB with the key), or an expiry that is none; the others are stored.
   * @throws when the table does not take the others; some of them may then be stored.
   */
  writeMany(entries: readonly CacheEntry[]): Promise<CacheFailure[]>;
}

export interface CacheStoreDeps {
  dynamodb: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
  /** Milliseconds since 1970. */
  now: () => number;
  sleep: (milliseconds: number) => Promise<void>;
}

/** DynamoDB's caps of one BatchGetItem and one BatchWriteItem. */
const MAX_KEYS_PER_READ = 100;
const MAX_ITEMS_PER_WRITE = 25;

const CONCURRENT_CALLS = 8;

export function createCacheStore({ dynamodb, table, now, sleep }: CacheStoreDeps): CacheStore {
  const readSome = async (keys: Record<string, unknown>[]): Promise<CacheItem[]> => {
    const items: CacheItem[] = [];
    await repeatWithBackoff(sleep, keys, async (open) => {
      const { Responses, UnprocessedKeys } = await dynamodb.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: open, ConsistentRead: true } } }),
      );
      items.push(...((Responses?.[table] ?? []) as CacheItem[]));
      return UnprocessedKeys?.[table]?.Keys ?? [];
    });
    return items;
  };

  const writeSome = (requests: WriteRequest[]): Promise<void> =>
    repeatWithBackoff(sleep, requests, async (open) => {
      const { UnprocessedItems } = await dynamodb.send(new BatchWriteCommand({ RequestItems: { [table]: open } }));
      return (UnprocessedItems?.[table] ?? []) as WriteRequest[];
    });

  return {
    async readMany(keys) {
      const itemKeys = keys.map(cacheItemKey);
      // A key may stand only once in a call.
      const distinct = [...new Map(itemKeys.map((key) => [key.pk, key])).values()];
      const items = (await inParallel(chunksOf(distinct, MAX_KEYS_PER_READ), CONCURRENT_CALLS, readSome)).flat();
      const live = items.filter(({ expiresAt }) => expiresAt === undefined || expiresAt * 1000 > now());
      const values = new Map(live.map(({ pk, value }) => [pk, value]));
      return itemKeys.map(({ pk }) => values.get(pk) ?? null);
    },

    async writeMany(entries) {
      const failures: CacheFailure[] = [];
      const requests = new Map<string, WriteRequest>();
      for (const entry of entries) {
        const { pk, sk } = cacheItemKey(entry);
        const item = cacheItem(entry, now());
        const problem = item && problemWith(entry, item);
        if (problem) failures.push({ plugin: entry.plugin, key: entry.key, message: problem });
        else requests.set(pk, item === null ? { DeleteRequest: { Key: { pk, sk } } } : { PutRequest: { Item: item } });
      }
      await inParallel(chunksOf([...requests.values()], MAX_ITEMS_PER_WRITE), CONCURRENT_CALLS, writeSome);
      return failures;
    },
  };
}

type WriteRequest =
  | { PutRequest: { Item: Record<string, unknown> }; DeleteRequest?: never }
  | { DeleteRequest: { Key: Record<string, unknown> }; PutRequest?: never };

/** Longest part of a key that an error shows. */
const MAX_SHOWN_CHARACTERS = 200;

function problemWith({ plugin, key, expiresInSeconds }: CacheEntry, item: CacheItem): string | null {
  const where = `cache.set of plugin config ${plugin}, key ${JSON.stringify(key.slice(0, MAX_SHOWN_CHARACTERS))}`;
  if (item.expiresAt !== undefined && !Number.isSafeInteger(item.expiresAt)) {
    return `${where}: the expiry must be a number of seconds; got ${JSON.stringify(expiresInSeconds)}`;
  }
  const bytes = itemBytes(item);
  if (bytes <= MAX_ITEM_BYTES) return null;
  return `${where}: the entry has ${bytes} bytes with its key; at most ${MAX_ITEM_BYTES} can be stored`;
}
