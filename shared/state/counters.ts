import { type AdditionMark, surplusMarks } from './addition-marks.ts';
import { IS_LIVE, type StateItem } from './state-item.ts';
import type { ItemKey } from './state-key.ts';
import type { TableCalls } from './table-calls.ts';

export interface Counters {
  /**
   * Adds a whole number in one atomic write; what is missing counts as 0. Done twice, it counts once.
   *
   * @returns the sum; null when the key holds no whole number, an expired one, or one that would get too large.
   */
  add(key: ItemKey, by: number, mark: AdditionMark): Promise<number | null>;
}

/** What Redis allows is more, but no number in JavaScript is exact beyond. */
const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;

export function createCounters(table: TableCalls, now: () => number): Counters {
  /** Best effort: marks that stay are taken away another time. */
  const takeSurplusMarks = async (item: StateItem): Promise<void> => {
    const surplus = surplusMarks(item);
    if (surplus.length === 0) return;
    const expression = {
      update: `REMOVE ${surplus.map(({ tokenName, sumName }) => `#${tokenName}, #${sumName}`).join(', ')}`,
      condition: surplus.map(({ tokenName }, index) => `#${tokenName} = :m${index}`).join(' AND '),
      values: Object.fromEntries(surplus.map(({ token }, index) => [`:m${index}`, token])),
    };
    await table.update(item, expression).catch(() => null);
  };

  return {
    async add(key, by, { token, tokenName, sumName }) {
      const item = await table.update(key, {
        update: `SET #count = if_not_exists(#count, :zero) + :by, #${tokenName} = :token, #${sumName} = if_not_exists(#count, :zero) + :by`,
        condition:
          `(attribute_not_exists(pk) OR (#count BETWEEN :least AND :most AND ${IS_LIVE}))` +
          ` AND (attribute_not_exists(#${tokenName}) OR #${tokenName} <> :token)`,
        values: {
          ':zero': 0,
          ':by': by,
          ':least': MIN_SAFE_INTEGER - Math.min(by, 0),
          ':most': MAX_SAFE_INTEGER - Math.max(by, 0),
          ':token': token,
          ':now': now() / 1000,
        },
      });
      if (item === null) return null;
      await takeSurplusMarks(item);
      return Number(item[sumName]);
    },
  };
}
