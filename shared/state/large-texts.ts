import type { ObjectBucket } from '../aws/object-bucket.ts';
import { isLive, type StateItem } from './state-item.ts';
import { type ItemKey, objectKey } from './state-key.ts';
import type { TableCalls } from './table-calls.ts';

export interface LargeTextsDeps {
  bucket: ObjectBucket;
  table: TableCalls;
  /** Milliseconds since 1970. */
  now: () => number;
  /** A new UUID. */
  newId: () => string;
}

/** Texts that no item can hold lie in S3; the item points to them. */
export interface LargeTexts {
  /**
   * Writes the object under a key of its own, then the item that points to it: who dies in between leaves the old text in place, and an
   * object that `sweepLargeTexts` takes away.
   */
  store(item: ItemKey & { expiresAt?: number }, text: string): Promise<void>;
  /** The text that a live item points to; or, when the item has changed since it was read, the live item as it is now. */
  read(item: StateItem): Promise<string | StateItem | undefined>;
  /** Takes away what an item pointed to before it was written again. Never throws: what stays is swept. */
  forget(before: Partial<StateItem>): Promise<void>;
}

export function createLargeTexts({ bucket, table, now, newId }: LargeTextsDeps): LargeTexts {
  const forget = async ({ object }: Partial<StateItem>): Promise<void> => {
    if (object !== undefined) await bucket.remove([object]).catch(() => {});
  };
  return {
    async store(item, text) {
      const object = objectKey(item, newId());
      await bucket.put(object, text);
      const before = await table.put({ ...item, object, objectBytes: Buffer.byteLength(text) });
      // A put that was sent twice has itself before it.
      if (before?.object !== object) await forget(before ?? {});
    },

    async read(item) {
      const text = await bucket.get(item.object as string);
      if (text !== null) return text;
      const fresh = await table.get(item);
      if (fresh === undefined || !isLive(fresh, now())) return undefined;
      if (fresh.object !== item.object) return fresh;
      throw new Error(
        `${item.object} is not in the bucket, or may not be read, but ${JSON.stringify(item.pk)} points to it`,
      );
    },

    forget,
  };
}
