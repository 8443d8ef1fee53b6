import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';

export interface ExpiryOptions {
  dynamodb: DynamoDBClient;
  table: string;
  /** Names of the table's key attributes. */
  keyAttributes: string[];
  /** The attribute that holds an item's time, epoch seconds. */
  attribute: string;
  now: () => number;
  onProblem(problem: string): void;
}

/** DynamoDB itself promises no more than a few days; a reader has to look at the time in any case. */
const SWEEP_MILLISECONDS = 60_000;
/** DynamoDB takes an older time for a mistake and keeps the item. */
const OLDEST_SECONDS = 5 * 365 * 86_400;

/**
 * Deletes items whose time has come, once a minute.
 *
 * @returns what stops it
 */
export function startExpiry(options: ExpiryOptions): () => Promise<void> {
  let sweeping = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweep(options).catch((error: unknown) => {
      options.onProblem(`Expired items of ${options.table} could not be deleted: ${String(error)}`);
    });
  }, SWEEP_MILLISECONDS);
  return async () => {
    clearInterval(timer);
    await sweeping;
  };
}

/** Deletes the items of a table whose time has come by now. A time that is no number is none. */
export async function sweep({ dynamodb, table, keyAttributes, attribute, now }: ExpiryOptions): Promise<void> {
  const nowSeconds = Math.floor(now() / 1000);
  const expired = {
    ExpressionAttributeNames: { '#time': attribute },
    ExpressionAttributeValues: {
      ':now': { N: String(nowSeconds) },
      ':oldest': { N: String(nowSeconds - OLDEST_SECONDS) },
    },
  };
  const pages = paginateScan(
    { client: dynamodb },
    { TableName: table, FilterExpression: '#time BETWEEN :oldest AND :now', ...expired },
  );
  for await (const { Items = [] } of pages) {
    for (const item of Items) {
      const Key = Object.fromEntries(keyAttributes.map((name) => [name, item[name] as AttributeValue]));
      try {
        // The condition looks again: the item may have been given more time since.
        await dynamodb.send(
          new DeleteItemCommand({
            TableName: table,
            Key,
            ConditionExpression: '#time BETWEEN :oldest AND :now',
            ...expired,
          }),
        );
      } catch (error) {
        if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
      }
    }
  }
}
