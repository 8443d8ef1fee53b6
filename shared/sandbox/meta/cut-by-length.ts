/** Cuts a list into lists whose lengths add up to at most `most`; what is longer is in one by itself. In order, none is empty. */
export function cutByLength<Item>(items: readonly Item[], lengthOf: (item: Item) => number, most: number): Item[][] {
  const lists: Item[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const item of items) {
    length += lengthOf(item);
    if (length > most) {
      lists.push([]);
      length = lengthOf(item);
    }
    lists.at(-1)?.push(item);
  }
  return lists;
}
