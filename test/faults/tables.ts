import { BatchWriteCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { World } from './world.ts';

type Item = Record<string, unknown>;
type WriteRequest = { PutRequest: { Item: Item } } | { DeleteRequest: { Key: Item } };

/** DynamoDB's cap of one BatchWriteItem. */
const MAX_ITEMS_PER_WRITE = 25;

/** All items of a table, by the name of its output. */
export async function readTable({ aws, output }: World, table: string): Promise<Item[]> {
  const items: Item[] = [];
  let start: Item | undefined;
  do {
    const page = await aws.dynamodb.send(new ScanCommand({ TableName: output(table), ExclusiveStartKey: start }));
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

/** Makes the table hold these items and no others. */
export async function fillTable(world: World, table: string, items: readonly Item[]): Promise<void> {
  const keyOf = ({ pk, sk }: Item) => ({ pk, sk });
  const kept = new Set(items.map((item) => JSON.stringify(keyOf(item))));
  const surplus = (await readTable(world, table)).map(keyOf).filter((key) => !kept.has(JSON.stringify(key)));
  const requests: WriteRequest[] = [
    ...surplus.map((Key) => ({ DeleteRequest: { Key } })),
    ...items.map((Item) => ({ PutRequest: { Item } })),
  ];
  for (let start = 0; start < requests.length; start += MAX_ITEMS_PER_WRITE) {
    const some = requests.slice(start, start + MAX_ITEMS_PER_WRITE);
    await world.aws.dynamodb.send(new BatchWriteCommand({ RequestItems: { [world.output(table)]: some } }));
  }
}
