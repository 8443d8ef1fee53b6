import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ItemKey, RegistryDatabase } from './registry-items.ts';

export interface RegistryTable {
  dynamodb: RegistryDatabase;
  table: string;
}

/** An item as of the last acknowledged write, without its key; undefined when there is none. */
export async function readItem<Item>({ dynamodb, table }: RegistryTable, key: ItemKey): Promise<Item | undefined> {
  const { Item } = await dynamodb.send(new GetCommand({ TableName: table, Key: { ...key }, ConsistentRead: true }));
  return Item === undefined ? undefined : withoutKey<Item>(Item);
}

/** All items of a partition, in the order of their sort keys, as of the last acknowledged writes. */
export async function readPartition<Item>({ dynamodb, table }: RegistryTable, pk: string): Promise<Item[]> {
  const items: Item[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await dynamodb.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': 'pk' },
        ExpressionAttributeValues: { ':pk': pk },
        ConsistentRead: true,
        ExclusiveStartKey: start,
      }),
    );
    for (const item of page.Items ?? []) items.push(withoutKey<Item>(item));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

/** An item as its readers know it: the key says what the item says as well, and the last change's id is its writers' own. */
export function withoutKey<Item>(stored: Record<string, unknown>): Item {
  const { pk: _, sk: __, changeId: ___, ...item } = stored;
  return item as Item;
}
