import { inParallel } from '../aws/in-parallel.ts';
import type { ObjectBucket } from '../aws/object-bucket.ts';
import { createLargeTexts } from './large-texts.ts';
import { type Refusal, WRONG_TYPE } from './refusal.ts';
import {
  expiryAfter,
  isLive,
  itemBytes,
  MAX_ITEM_BYTES,
  type StateItem,
  textAttributes,
  textOf,
} from './state-item.ts';
import { type ItemKey, itemId, itemKey, type StateKey, type StateSpace, shownKey } from './state-key.ts';
import { createTableCalls, type TableDeps, type WriteRequest } from './table-calls.ts';

export interface StateEntry extends StateKey {
  /** Text, usually JSON; absent to delete. */
  value?: string;
  /** Above 0; absent for an entry that stays until it is written again. */
  expiresInSeconds?: number;
}

/** An entry that was not stored, and why, for the plugin's author. */
export interface StateFailure extends StateKey {
  message: string;
}

/** Stands for a text that was not read: ask again. */
export interface Later {
  later: true;
}

/** Texts by key. */
export interface TextStore {
  /**
   * Gives texts in the order of the keys, null for a miss, a refusal for a list. Sees every write that was acknowledged before; an
   * expired entry is a miss from its very millisecond on, whether or not the table has deleted it. Of texts above 400 KB it gives as
   * many as have 10 MB together, the first in any case; the others are for later.
   *
   * @throws when the table does not answer in full.
   */
  readMany(keys: readonly StateKey[]): Promise<(string | null | Refusal | Later)[]>;
  /**
   * Puts and deletes, whatever was there before. When a key comes twice, the last entry counts. A put without expiry takes an earlier
   * expiry away. Entries are written one by one, in any order; writing them again does no harm, but the expiry begins anew.
   *
   * @returns the entries that no attempt could store: too large, or an expiry that is none; the others are stored.
   * @throws when the table does not take the others; some of them may then be stored.
   */
  writeMany(entries: readonly StateEntry[]): Promise<StateFailure[]>;
}

export interface TextStoreDeps extends TableDeps {
  /** Where texts above 400 KB go, with their key; without it they are refused. */
  large?: { bucket: ObjectBucket /** A new UUID. */; newId: () => string } | undefined;
}

/** What a text may have in S3: above that, a plugin would rather fill the memory than keep state. */
export const MAX_TEXT_BYTES = 10_000_000;

const CONCURRENT_LARGE_TEXTS = 4;

const LATER: Later = { later: true };

export function createTextStore(space: StateSpace, { large, ...deps }: TextStoreDeps): TextStore {
  const { now } = deps;
  const table = createTableCalls(deps);
  const largeTexts = large && createLargeTexts({ ...large, table, now });

  const contentOf = async (item: StateItem): Promise<string | null | Refusal> => {
    if (item.list !== undefined) return WRONG_TYPE;
    if (item.object === undefined) return textOf(item);
    if (largeTexts === undefined) throw new Error(`${JSON.stringify(item.pk)} lies in S3; this function has no bucket`);
    const read = await largeTexts.read(item);
    return typeof read === 'object' ? contentOf(read) : (read ?? null);
  };

  return {
    async readMany(keys) {
      const itemKeys = keys.map((key) => itemKey(space, key));
      const distinct = [...new Map(itemKeys.map((key) => [itemId(key), key])).values()];
      const live = (await table.getMany(distinct)).filter((item) => isLive(item, now()));
      const readNow = fitting(live);
      const contents = await inParallel(live, CONCURRENT_LARGE_TEXTS, async (item) =>
        readNow.has(item) ? contentOf(item) : LATER,
      );
      const byId = new Map(live.map((item, index) => [itemId(item), contents[index] ?? null]));
      return itemKeys.map((key) => byId.get(itemId(key)) ?? null);
    },

    async writeMany(entries) {
      const failures: StateFailure[] = [];
      const small = new Map<string, WriteRequest>();
      const toS3 = new Map<string, LargeWrite>();
      for (const entry of entries) {
        const plan = planWrite(space, entry, now(), largeTexts !== undefined);
        if ('message' in plan) {
          failures.push({ plugin: entry.plugin, key: entry.key, message: plan.message });
          continue;
        }
        const id = itemId(plan.key);
        small.delete(id);
        toS3.delete(id);
        if ('request' in plan) small.set(id, plan.request);
        else toS3.set(id, plan);
      }
      await Promise.all([
        table.writeMany([...small.values()]),
        inParallel([...toS3.values()], CONCURRENT_LARGE_TEXTS, async ({ key, text }) => largeTexts?.store(key, text)),
      ]);
      return failures;
    },
  };
}

/** Items that hold their text themselves, and of the others the first, and as many more as are not too large together. */
function fitting(items: readonly StateItem[]): Set<StateItem> {
  let bytes = 0;
  return new Set(
    items.filter(({ object, objectBytes = MAX_TEXT_BYTES }) => {
      if (object === undefined) return true;
      const isFirst = bytes === 0;
      bytes += objectBytes;
      return isFirst || bytes <= MAX_TEXT_BYTES;
    }),
  );
}

interface LargeWrite {
  key: ItemKey & { expiresAt?: number };
  text: string;
}

function planWrite(
  space: StateSpace,
  entry: StateEntry,
  now: number,
  hasBucket: boolean,
): { key: ItemKey; request: WriteRequest } | LargeWrite | { message: string } {
  const { value: text, expiresInSeconds } = entry;
  const key = itemKey(space, entry);
  if (text === undefined) return { key, request: { DeleteRequest: { Key: key } } };

  const where = `${space}.set of ${shownKey(entry)}`;
  const expiresAt = expiresInSeconds === undefined ? undefined : expiryAfter(expiresInSeconds, now);
  if (expiresAt !== undefined && !Number.isSafeInteger(expiresAt)) {
    return {
      message: `${where}: the expiry must be a number of seconds; got ${JSON.stringify(expiresInSeconds)}`,
    };
  }
  const lasting = expiresAt === undefined ? key : { ...key, expiresAt };
  const item = { ...lasting, ...textAttributes(text) };
  const bytes = itemBytes(item);
  if (bytes <= MAX_ITEM_BYTES) return { key, request: { PutRequest: { Item: item } } };
  if (!hasBucket) {
    return { message: `${where}: the entry has ${bytes} bytes with its key; at most ${MAX_ITEM_BYTES} can be stored` };
  }
  const textBytes = Buffer.byteLength(text);
  if (textBytes <= MAX_TEXT_BYTES) return { key: lasting, text };
  return { message: `${where}: the value has ${textBytes} bytes; at most ${MAX_TEXT_BYTES} can be stored` };
}
