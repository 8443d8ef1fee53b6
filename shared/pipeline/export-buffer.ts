/** Collects what belongs together in one call of `exportEvents`. */
export interface ExportBuffer<Item> {
  /** Takes one event of this length; gives the batches that are full because of it. */
  add(item: Item, length: number): Item[][];
  /** Takes out what it holds; null when that is nothing. */
  flush(): Item[] | null;
  isEmpty(): boolean;
}

/** A batch is as long as the limit allows, UTF-16 units of JSON; only an event that is longer by itself goes beyond. */
export function createExportBuffer<Item>(limit: number): ExportBuffer<Item> {
  let items: Item[] = [];
  let total = 0;

  const flush = (): Item[] | null => {
    const batch = items;
    items = [];
    total = 0;
    return batch.length === 0 ? null : batch;
  };

  return {
    add(item, length) {
      const before = total + length > limit ? flush() : null;
      items.push(item);
      total += length;
      const after = total > limit ? flush() : null;
      return [before, after].filter((batch) => batch !== null);
    },
    flush,
    isEmpty: () => items.length === 0,
  };
}
