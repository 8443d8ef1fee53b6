import type { ObjectBucket } from '../aws/object-bucket.ts';
import { isLive } from './state-item.ts';
import { itemId, itemKeyOfObject, LARGE_TEXTS_PREFIX } from './state-key.ts';
import type { TableCalls } from './table-calls.ts';

export interface SweepDeps {
  bucket: ObjectBucket;
  table: Pick<TableCalls, 'getMany'>;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** No invocation writes an object and takes longer than this to point to it. */
const MIN_AGE_MILLISECONDS = 24 * 60 * 60 * 1000;

/** So many items are asked for at a time. */
const MAX_KEYS_PER_READ = 100;

/**
 * Takes away objects, a day old or older, that no live item points to: texts that were replaced by small ones or have expired, and
 * those whose writer died before it could point to them. May run at any time, and twice at once. Meant for once a day.
 *
 * @returns how many objects there were, and how many are gone.
 */
export async function sweepLargeTexts({ bucket, table, now }: SweepDeps): Promise<{ seen: number; removed: number }> {
  let seen = 0;
  let removed = 0;
  const sweepSome = async (objects: string[]): Promise<void> => {
    const keys = objects.flatMap((object) => itemKeyOfObject(object) ?? []);
    const distinct = [...new Map(keys.map((key) => [itemId(key), key])).values()];
    const items = (await table.getMany(distinct)).filter((item) => isLive(item, now()));
    const pointedTo = new Set(items.map(({ object }) => object));
    const strays = objects.filter((object) => itemKeyOfObject(object) !== null && !pointedTo.has(object));
    await bucket.remove(strays);
    removed += strays.length;
  };

  let old: string[] = [];
  for await (const { key, modified } of bucket.list(LARGE_TEXTS_PREFIX)) {
    seen++;
    if (modified.getTime() > now() - MIN_AGE_MILLISECONDS) continue;
    old.push(key);
    if (old.length < MAX_KEYS_PER_READ) continue;
    await sweepSome(old);
    old = [];
  }
  await sweepSome(old);
  return { seen, removed };
}
