import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { RegistryTable } from './read-items.ts';
import { itemKey, type Kind } from './registry-items.ts';

/** Stores fields beside an item, what is only said of it: no revision grows, no reader is told. */
export async function writeStatus(
  { dynamodb, table }: RegistryTable,
  kind: Kind,
  id: number,
  fields: Record<string, unknown>,
): Promise<void> {
  const entries = Object.entries({ id, ...fields });
  await dynamodb.send(
    new UpdateCommand({
      TableName: table,
      Key: { ...itemKey(kind, id) },
      UpdateExpression: `SET ${entries.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
    }),
  );
}
