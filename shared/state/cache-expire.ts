import type { LargeTexts } from './large-texts.ts';
import { INVALID_EXPIRY } from './list-commands.ts';
import type { Answer } from './refusal.ts';
import { expiryAfter, IS_LIVE, isLive } from './state-item.ts';
import type { ItemKey } from './state-key.ts';
import type { TableCalls } from './table-calls.ts';
import { type Persistence, untilSettled } from './until-settled.ts';

const IS_LIVE_TEXT = `attribute_exists(pk) AND attribute_not_exists(#list) AND ${IS_LIVE}`;

/**
 * Redis' EXPIRE on a text: one write in the ordinary case. Answers whether there is one; `list` when the key holds a list.
 * One that deletes, and whose answer was lost, finds nothing the second time and answers false.
 */
export function createCacheExpire(
  table: TableCalls,
  largeTexts: Pick<LargeTexts, 'forget'> | undefined,
  persistence: Persistence,
) {
  const { now } = persistence;
  return async (key: ItemKey, seconds: number): Promise<Answer | 'list'> => {
    const expiresAt = expiryAfter(seconds, now());
    if (!Number.isSafeInteger(expiresAt)) return INVALID_EXPIRY;

    return untilSettled<Answer | 'list'>(persistence, `The expiry of ${JSON.stringify(key.pk)}`, async () => {
      const values = { ':now': now() / 1000 };
      if (seconds <= 0) {
        const before = await table.remove(key, { condition: IS_LIVE_TEXT, values });
        if (before !== null) {
          await largeTexts?.forget(before);
          return { value: true };
        }
      } else {
        const set = { update: 'SET #expiresAt = :at', values: { ...values, ':at': expiresAt } };
        if ((await table.update(key, { ...set, condition: IS_LIVE_TEXT })) !== null) return { value: true };
      }
      const item = await table.get(key);
      if (item === undefined || !isLive(item, now())) return { value: false };
      return item.list === undefined ? 'again' : 'list';
    });
  };
}
