import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { RegistryTable } from './read-items.ts';
import { type ItemKey, KIND, type Kind, orFalse } from './registry-items.ts';

/** An id of this kind that was never given out. Whoever dies with it leaves a gap. */
export async function nextId({ dynamodb, table }: RegistryTable, kind: Kind): Promise<number> {
  const { Attributes } = await dynamodb.send(
    new UpdateCommand({
      TableName: table,
      Key: { ...counterKey(kind) },
      UpdateExpression: 'ADD #last :one',
      ExpressionAttributeNames: { '#last': 'last' },
      ExpressionAttributeValues: { ':one': 1 },
      ReturnValues: 'UPDATED_NEW',
    }),
  );
  return Attributes?.['last'] as number;
}

/** Takes an id that the caller has chosen out of those to be given out, and all below it: what was removed must not come back to life. */
export async function reserveId({ dynamodb, table }: RegistryTable, kind: Kind, id: number): Promise<void> {
  await orFalse(
    dynamodb.send(
      new UpdateCommand({
        TableName: table,
        Key: { ...counterKey(kind) },
        UpdateExpression: 'SET #last = :id',
        ConditionExpression: 'attribute_not_exists(#last) OR #last < :id',
        ExpressionAttributeNames: { '#last': 'last' },
        ExpressionAttributeValues: { ':id': id },
      }),
    ),
  );
}

function counterKey(kind: Kind): ItemKey {
  return { pk: KIND.counter, sk: kind };
}
