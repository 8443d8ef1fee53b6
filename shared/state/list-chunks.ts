import type { ItemKey } from './state-key.ts';
import type { TableCalls } from './table-calls.ts';

/** Chunks of lists, in their key's partition. */
export interface ListChunks {
  /** Begins with the time, so that a stray shows its age. */
  newId(): string;
  /** @throws ChunksGoneError when one is not there: the head that pointed to it has been written again, and it was taken away. */
  read(key: ItemKey, ids: string[]): Promise<string[][]>;
  write(
    key: ItemKey,
    chunks: readonly { id: string; elements: string[] }[],
    expiresAt: number | undefined,
  ): Promise<void>;
  /** Lets DynamoDB delete them no earlier than that. */
  keepUntil(key: ItemKey, ids: readonly string[], expiresAt: number): Promise<void>;
  /** Takes chunks away that nothing points to. Never throws: what stays costs a little storage and is never read. */
  forget(key: ItemKey, ids: readonly string[]): Promise<void>;
  /** Takes away what writers that died, and texts set over lists, left behind, a day old or older. Never throws. */
  sweep(key: ItemKey, used: ReadonlySet<string>): Promise<void>;
}

export class ChunksGoneError extends Error {}

const MIN_AGE_MILLISECONDS = 24 * 60 * 60 * 1000;

export function createListChunks(table: TableCalls, now: () => number, newId: () => string): ListChunks {
  const prefixOf = ({ sk }: ItemKey) => `${sk}#chunk#`;
  const keyOf = (key: ItemKey, id: string): ItemKey => ({ pk: key.pk, sk: `${prefixOf(key)}${id}` });
  const forget = (key: ItemKey, ids: readonly string[]): Promise<void> =>
    table.writeMany(ids.map((id) => ({ DeleteRequest: { Key: keyOf(key, id) } }))).catch(() => {});

  return {
    newId: () => `${now().toString(36)}-${newId().slice(-12)}`,

    async read(key, ids) {
      const items = await table.getMany(ids.map((id) => keyOf(key, id)));
      const texts = new Map(items.map((item) => [item.sk, item['elements']]));
      return ids.map((id) => {
        const text = texts.get(keyOf(key, id).sk);
        if (typeof text !== 'string') throw new ChunksGoneError(`${JSON.stringify(key.pk)} has no chunk ${id}`);
        return JSON.parse(text) as string[];
      });
    },

    async write(key, chunks, expiresAt) {
      const lasting = expiresAt === undefined ? {} : { expiresAt };
      const items = chunks.map(({ id, elements }) => ({
        ...keyOf(key, id),
        elements: JSON.stringify(elements),
        ...lasting,
      }));
      await table.writeMany(items.map((Item) => ({ PutRequest: { Item } })));
    },

    async keepUntil(key, ids, expiresAt) {
      const expression = {
        update: 'SET #expiresAt = :at',
        // Never earlier: of two who do this at once, the one that was told the longer time wins.
        condition: 'attribute_exists(pk) AND (attribute_not_exists(#expiresAt) OR #expiresAt < :at)',
        values: { ':at': expiresAt },
      };
      for (const id of ids) await table.update(keyOf(key, id), expression);
    },

    forget,

    async sweep(key, used) {
      const prefix = prefixOf(key);
      const ids = await table.sortKeys(key.pk, prefix).catch(() => []);
      const bornBefore = now() - MIN_AGE_MILLISECONDS;
      const strays = ids.map((sk) => sk.slice(prefix.length)).filter((id) => !used.has(id) && bornAt(id) < bornBefore);
      await forget(key, strays);
    },
  };
}

function bornAt(id: string): number {
  return Number.parseInt(id, 36);
}
