import { createHash } from 'node:crypto';
import type { CacheEntry, CacheKey } from './cache-store.ts';

/** A cache entry as it lies in the table. */
export interface CacheItem {
  pk: string;
  sk: string;
  value: string;
  /** Epoch seconds; the table's TTL attribute, deleted by DynamoDB some day after. */
  expiresAt?: number;
  [attribute: string]: unknown;
}

/** DynamoDB's cap of an item, with the names of its attributes. */
export const MAX_ITEM_BYTES = 409_600;

/** DynamoDB's cap of a partition key. */
const MAX_PARTITION_KEY_BYTES = 2048;

/** Every key is a partition of its own, so that no plugin is bound to what one partition can take (1,000 writes per second). */
export function cacheItemKey({ plugin, key }: CacheKey): { pk: string; sk: string } {
  const pk = `cache#${plugin}#${key.toWellFormed()}`;
  if (Buffer.byteLength(pk) <= MAX_PARTITION_KEY_BYTES) return { pk, sk: 'value' };
  // The sort key keeps it apart from a short key that happens to look like this hash.
  return { pk: `cache#${plugin}#${createHash('sha256').update(key).digest('hex')}`, sk: 'value-of-hashed-key' };
}

/** The item to put, null when the entry is to be deleted. */
export function cacheItem(entry: CacheEntry, now: number): CacheItem | null {
  if (entry.value === undefined) return null;
  const item = { ...cacheItemKey(entry), value: entry.value.toWellFormed() };
  if (entry.expiresInSeconds === undefined) return item;
  // TTL takes whole seconds: rounded up, so that no entry ends before its time.
  return { ...item, expiresAt: Math.ceil(now / 1000 + entry.expiresInSeconds) };
}

/** An item's size as DynamoDB counts it. */
export function itemBytes({ expiresAt, ...texts }: CacheItem): number {
  const bytes = Object.entries(texts).reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(String(text)),
    0,
  );
  // A number takes a byte for every two digits and one more; 10 digits are six.
  return bytes + (expiresAt === undefined ? 0 : 'expiresAt'.length + 6);
}
