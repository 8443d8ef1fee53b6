import { type AdditionMark, markAttributes, markedSum } from './addition-marks.ts';
import { createCounters } from './counters.ts';
import { type Answer, NOT_AN_INTEGER, WRONG_TYPE } from './refusal.ts';
import { isLive } from './state-item.ts';
import type { ItemKey } from './state-key.ts';
import type { TableCalls } from './table-calls.ts';
import { type Persistence, untilSettled } from './until-settled.ts';

/**
 * Redis' INCRBY: one write in the ordinary case. An expired key is replaced, one that has not expired keeps its expiry.
 * Answers the sum, or Redis' error.
 */
export function createCacheIncrement(table: TableCalls, persistence: Persistence) {
  const { now } = persistence;
  const counters = createCounters(table, now);

  return async (key: ItemKey, by: number, mark: AdditionMark): Promise<Answer> => {
    if (!Number.isSafeInteger(by)) return NOT_AN_INTEGER;
    return untilSettled<Answer>(persistence, `Adding to ${JSON.stringify(key.pk)}`, async () => {
      const sum = await counters.add(key, by, mark);
      if (sum !== null) return { value: sum };

      const item = await table.get(key);
      const earlier = markedSum(item, mark);
      if (earlier !== undefined) return { value: earlier };
      if (item === undefined) return 'again';
      if (!isLive(item, now())) {
        const fresh = { pk: key.pk, sk: key.sk, count: by, ...markAttributes(mark, by) };
        const replaced = await table.put(fresh, {
          condition: '#expiresAt = :seen',
          values: { ':seen': item.expiresAt },
        });
        return replaced === null ? 'again' : { value: by };
      }
      if (item.list !== undefined) return WRONG_TYPE;
      if (item.count === undefined || !Number.isSafeInteger(item.count + by)) return NOT_AN_INTEGER;
      return 'again';
    });
  };
}
