import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { isRefused } from './is-refused.ts';
import type { ScheduledHook } from './task.ts';

/** Remembers up to which tick of each schedule plugins were asked, milliseconds since 1970, so that one that was lost can be made up for. */
export interface ToldTicks {
  /** What is missing was never told. */
  last(): Promise<Partial<Record<ScheduledHook, number>>>;
  /** A tick before the one that is known is nothing new. */
  remember(hook: ScheduledHook, tick: number): Promise<void>;
}

export interface ToldTicksDeps {
  dynamodb: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
}

const KEY = { pk: 'schedule-ticks', sk: 'told' };

export function createToldTicks({ dynamodb, table }: ToldTicksDeps): ToldTicks {
  return {
    async last() {
      const { Item = {} } = await dynamodb.send(new GetCommand({ TableName: table, Key: KEY, ConsistentRead: true }));
      const { pk: _, sk: __, ...ticks } = Item;
      return ticks;
    },
    async remember(hook, tick) {
      await dynamodb
        .send(
          new UpdateCommand({
            TableName: table,
            Key: KEY,
            UpdateExpression: 'SET #hook = :tick',
            ConditionExpression: 'attribute_not_exists(#hook) OR #hook < :tick',
            ExpressionAttributeNames: { '#hook': hook },
            ExpressionAttributeValues: { ':tick': tick },
          }),
        )
        .catch((error: unknown) => {
          if (!isRefused(error)) throw error;
        });
    },
  };
}
