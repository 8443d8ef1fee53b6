/** Chance that is the same for the same seed. */
export interface SeededRandom {
  /** At least 0, below 1. */
  number(): number;
  /** A whole number, both bounds included. */
  wholeNumber(least: number, most: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** True that often, 0 to 1. */
  chance(share: number): boolean;
  /** A version 4 uuid. */
  uuid(): string;
}

/** Mulberry32: 32 bits of state are plenty for sample data. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const number = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const wholeNumber = (least: number, most: number): number => least + Math.floor(number() * (most - least + 1));
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => wholeNumber(0, 15).toString(16)).join('');
  return {
    number,
    wholeNumber,
    pick: (items) => {
      if (items.length === 0) throw new Error('There is nothing to pick from');
      return items[wholeNumber(0, items.length - 1)] as never;
    },
    chance: (share) => number() < share,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'.charAt(wholeNumber(0, 3))}${hex(3)}-${hex(12)}`,
  };
}
