/** A plugin config's place in the chain of its project. */
interface Placed {
  id: number;
  order: number;
}

/**
 * Gives plugin configs of one project their places. A project that was never rearranged has them as they were stored; afterwards the
 * list decides, from 1, and those that are not in it come last, in the order of their stored places.
 *
 * One list is one item: whoever reads it sees one arrangement, never half of the next.
 *
 * @param list ids in the order of the chain; ids that no longer exist do no harm
 */
export function placeInChain<Config extends Placed>(configs: readonly Config[], list?: readonly number[]): Config[] {
  if (list === undefined) return [...configs];
  const place = new Map(list.map((id, index) => [id, index]));
  const placeOf = ({ id }: Config) => place.get(id) ?? list.length;
  const sorted = configs.toSorted((a, b) => placeOf(a) - placeOf(b) || a.order - b.order || a.id - b.id);
  const order = new Map(sorted.map(({ id }, index) => [id, index + 1]));
  return configs.map((config) => ({ ...config, order: order.get(config.id) ?? config.order }));
}

/**
 * The list of a project's chain after some of its plugin configs got new places. The others keep theirs; of equal places the one that
 * was moved comes first.
 */
export function rearranged(configs: readonly Placed[], places: ReadonlyMap<number, number>): number[] {
  return configs
    .map(({ id, order }) => ({ id, before: order, place: places.get(id) ?? order, moved: places.has(id) }))
    .toSorted((a, b) => a.place - b.place || Number(b.moved) - Number(a.moved) || a.before - b.before || a.id - b.id)
    .map(({ id }) => id);
}
