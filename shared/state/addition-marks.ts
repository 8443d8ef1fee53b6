import type { StateItem } from './state-item.ts';

/**
 * What tells an addition that was done, but whose answer was lost, from one that was not done. Each process that adds leaves, in the
 * item itself and in the same write, the token of its last addition (`m_<writer>`) and its sum (`s_<writer>`).
 */
export interface AdditionMark {
  token: string;
  tokenName: string;
  sumName: string;
}

export interface AdditionMarker {
  /** A mark for one addition. Of one key, a process must have only one at a time. */
  next(): AdditionMark;
}

/** @param writer letters and digits that no other process has. */
export function createAdditionMarker(writer: string, now: () => number): AdditionMarker {
  let additions = 0;
  return {
    // The time comes first, so that the oldest mark is the least.
    next: () => ({
      token: `${now().toString().padStart(15, '0')}.${++additions}`,
      tokenName: `m_${writer}`,
      sumName: `s_${writer}`,
    }),
  };
}

/** What an item gets that is written as a whole. */
export function markAttributes({ token, tokenName, sumName }: AdditionMark, sum: number): Record<string, string> {
  // As text, because a number of DynamoDB's is not one of JavaScript's: other digits, other limits.
  return { [tokenName]: token, [sumName]: String(sum) };
}

/** The sum that the marked addition made; undefined when it was not done. */
export function markedSum(item: StateItem | undefined, mark: AdditionMark): number | undefined {
  return item?.[mark.tokenName] === mark.token ? Number(item[mark.sumName]) : undefined;
}

/**
 * With 16 marks of about 50 bytes an item with a short key still costs one write unit; each time it has more, the oldest go. So a lost answer is
 * recognised unless eight other processes have added to the key in the meantime.
 */
const MAX_MARKS = 16;
const KEPT_MARKS = 8;

/** Marks to take away: the names of their attributes, with the tokens they had. */
export function surplusMarks(item: StateItem): { tokenName: string; sumName: string; token: string }[] {
  const marks = Object.entries(item)
    .filter(([name]) => name.startsWith('m_'))
    .map(([tokenName, token]) => ({ tokenName, sumName: `s_${tokenName.slice(2)}`, token: String(token) }));
  if (marks.length <= MAX_MARKS) return [];
  return marks.toSorted((one, other) => (one.token < other.token ? -1 : 1)).slice(0, -KEPT_MARKS);
}
