import type { ObjectBucket } from '../aws/object-bucket.ts';
import { isLive } from './state-item.ts';
import { itemId, itemKeyOfObject, LARGE_TEXTS_PREFIX } from './state-key.ts';
import type { Sweep } from './sweep.ts';
import type { TableCalls } from './table-calls.ts';

export interface SweepDeps {
  bucket: Pick<ObjectBucket, 'list' | 'remove'>;
  table: Pick<TableCalls, 'getMany'>;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** No invocation writes an object and takes longer than this to point to it. */
const MIN_AGE_MILLISECONDS = 24 * 60 * 60 * 1000;

/** So many items are asked for at a time. */
const MAX_KEYS_PER_READ = 100;

/**
 * Makes a sweep of objects, a day old or older, that no live item points to: texts that were replaced by small ones or have expired, and
 * those whose writer died before it could point to them. Meant for once a day.
 */
export function createSweepLargeTexts({ bucket, table, now }: SweepDeps): Sweep {
  /** @returns how many are gone */
  const sweepSome = async (objects: string[]): Promise<number> => {
    const keys = objects.flatMap((object) => itemKeyOfObject(object) ?? []);
    const distinct = [...new Map(keys.map((key) => [itemId(key), key])).values()];
    const items = (await table.getMany(distinct)).filter((item) => isLive(item, now()));
    const pointedTo = new Set(items.map(({ object }) => object));
    const strays = objects.filter((object) => itemKeyOfObject(object) !== null && !pointedTo.has(object));
    await bucket.remove(strays);
    return strays.length;
  };

  return async (hasTime) => {
    let seen = 0;
    let removed = 0;
    let old: string[] = [];
    for await (const { key, modified } of bucket.list(LARGE_TEXTS_PREFIX)) {
      seen++;
      if (modified.getTime() > now() - MIN_AGE_MILLISECONDS) continue;
      old.push(key);
      if (old.length < MAX_KEYS_PER_READ) continue;
      removed += await sweepSome(old);
      old = [];
      if (!hasTime()) return { seen, removed, isComplete: false };
    }
    removed += await sweepSome(old);
    return { seen, removed, isComplete: true };
  };
}
