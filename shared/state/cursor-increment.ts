import { type AdditionMark, markAttributes, markedSum } from './addition-marks.ts';
import { createCounters } from './counters.ts';
import { type Answer, refusal } from './refusal.ts';
import { type StateItem, textAttributes } from './state-item.ts';
import type { ItemKey } from './state-key.ts';
import type { TableCalls } from './table-calls.ts';
import { type Persistence, untilSettled } from './until-settled.ts';

/** Longest part of a value that an error shows. */
const MAX_SHOWN_CHARACTERS = 200;

/**
 * Adds to a JSON number: whole ones in one write, others (0.5, 1e21) with JavaScript's arithmetic, in a read and a write that only holds
 * when nobody was faster. A missing key becomes what is added.
 */
export function createCursorIncrement(table: TableCalls, persistence: Persistence) {
  const counters = createCounters(table, persistence.now);

  const replace = async (key: ItemKey, before: StateItem | undefined, sum: number, mark: AdditionMark) => {
    const marks = markAttributes(mark, sum);
    const content = textAttributes(JSON.stringify(sum));
    if (before === undefined) {
      return table.put({ pk: key.pk, sk: key.sk, ...content, ...marks }, { condition: 'attribute_not_exists(pk)' });
    }
    const seen = before.count === undefined ? 'value' : 'count';
    const written = Object.entries({ ...content, ...marks });
    const surplus = seen in content ? '' : ` REMOVE #${seen}`;
    return table.update(key, {
      update: `SET ${written.map(([name], index) => `#${name} = :v${index}`).join(', ')}${surplus}`,
      condition: `#${seen} = :seen`,
      values: {
        ':seen': before[seen],
        ...Object.fromEntries(written.map(([, value], index) => [`:v${index}`, value])),
      },
    });
  };

  return async (key: ItemKey, by: number, mark: AdditionMark): Promise<Answer> =>
    untilSettled<Answer>(persistence, `Adding to ${JSON.stringify(key.pk)}`, async () => {
      const added = Number.isSafeInteger(by) ? await counters.add(key, by, mark) : null;
      if (added !== null) return { value: added };

      const item = await table.get(key);
      const earlier = markedSum(item, mark);
      if (earlier !== undefined) return { value: earlier };
      const before = item === undefined ? 0 : (item.count ?? numberIn(item));
      if (before === null) return refusal('Error', `The cursor holds no number: ${shown(item)}`);
      const sum = before + by;
      if (!Number.isFinite(sum)) return refusal('Error', `The cursor would be beyond all numbers: ${before} + ${by}`);
      return (await replace(key, item, sum, mark)) === null ? 'again' : { value: sum };
    });
}

function numberIn({ value }: StateItem): number | null {
  const parsed = value === undefined ? null : (JSON.parse(value) as unknown);
  return typeof parsed === 'number' ? parsed : null;
}

function shown(item: StateItem | undefined): string {
  return (item?.value ?? 'a text of more than 400 KB').slice(0, MAX_SHOWN_CHARACTERS);
}
