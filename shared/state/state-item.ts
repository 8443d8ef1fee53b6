import type { ItemKey } from './state-key.ts';

/** What a key holds, as it lies in the table: exactly one of `value`, `count`, `object` and `list`. */
export interface StateItem extends ItemKey {
  /** A text. */
  value?: string;
  /** A text that is a whole number: so it can be added to. */
  count?: number;
  /** A text that is too large for an item: its key in S3. */
  object?: string;
  /** How many bytes that has. */
  objectBytes?: number;
  /** The head of a list, JSON; see list-head.ts. */
  list?: string;
  /** With a list: changes with every write of it. */
  version?: string;
  /** Epoch seconds; the table's TTL attribute, deleted by DynamoDB some day after. */
  expiresAt?: number;
  /** Marks of additions; see addition-marks.ts. */
  [attribute: string]: unknown;
}

/** DynamoDB's cap of an item, with the names of its attributes. */
export const MAX_ITEM_BYTES = 409_600;

/** An expired item is none from its very millisecond on, whether or not the table has deleted it. */
export function isLive({ expiresAt }: Pick<StateItem, 'expiresAt'>, now: number): boolean {
  return expiresAt === undefined || expiresAt * 1000 > now;
}

/** The same as a condition of a write; `:now` is in seconds. */
export const IS_LIVE = '(attribute_not_exists(#expiresAt) OR #expiresAt > :now)';

/** TTL takes whole seconds: rounded up, so that nothing ends before its time. */
export function expiryAfter(seconds: number, now: number): number {
  return Math.ceil(now / 1000 + seconds);
}

/** Whole numbers as Redis writes them: no sign but a minus, no leading zeros, no spaces. */
const WHOLE_NUMBER = /^(0|-?[1-9]\d{0,15})$/;

/** The attributes that hold a text. */
export function textAttributes(text: string): { count: number } | { value: string } {
  const count = WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN;
  // As UTF-8 it would lose its lone surrogates anyhow.
  return Number.isSafeInteger(count) ? { count } : { value: text.toWellFormed() };
}

/** The text of an item that holds one itself. */
export function textOf({ count, value }: StateItem): string | null {
  return count === undefined ? (value ?? null) : String(count);
}

/** An item's size as DynamoDB counts it, at most a few bytes above. */
export function itemBytes(item: StateItem): number {
  return Object.entries(item).reduce((sum, [name, value]) => {
    // A number takes a byte for every two digits and one more; 10 digits, as an expiry has, are six.
    const bytes =
      typeof value === 'number' ? Math.ceil(String(value).length / 2) + 1 : Buffer.byteLength(String(value));
    return sum + Buffer.byteLength(name) + bytes;
  }, 0);
}
