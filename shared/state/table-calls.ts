import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { inParallel } from '../aws/in-parallel.ts';
import { createBackoff, deadlineOf, type Patience } from './backoff.ts';
import { chunksOf } from './chunks-of.ts';
import { mayBeTriedAgain } from './may-be-tried-again.ts';
import type { StateItem } from './state-item.ts';
import type { ItemKey } from './state-key.ts';

export interface TableDeps extends Patience {
  dynamodb: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
}

/** A condition or an update in DynamoDB's language; names that start with `#` stand for themselves. */
export interface Expression {
  condition?: string;
  update?: string;
  values?: Record<string, unknown>;
}

export type WriteRequest =
  | { PutRequest: { Item: ItemKey & Record<string, unknown> }; DeleteRequest?: never }
  | { DeleteRequest: { Key: ItemKey }; PutRequest?: never };

/**
 * The calls of one table. Reads see every write that was acknowledged before. What is throttled, and what fails in a way that may pass, is
 * sent again until the deadline, so each write must do no harm when it is done twice.
 *
 * All of them throw when the table does not answer in time, or refuses.
 */
export interface TableCalls {
  get(key: ItemKey): Promise<StateItem | undefined>;
  /** In any order; keys may stand only once. */
  getMany(keys: readonly ItemKey[]): Promise<StateItem[]>;
  /** In any order, each by itself; keys may stand only once. */
  writeMany(requests: readonly WriteRequest[]): Promise<void>;
  /** @returns the item afterwards; null when the condition does not hold. */
  update(key: ItemKey, expression: Expression): Promise<StateItem | null>;
  /** @returns the item before, `{}` for none; null when the condition does not hold. */
  put(item: ItemKey & Record<string, unknown>, expression?: Expression): Promise<Partial<StateItem> | null>;
  /** @returns as `put`. */
  remove(key: ItemKey, expression: Expression): Promise<Partial<StateItem> | null>;
  /** Sort keys of one partition that begin so, up to a megabyte of items. */
  sortKeys(pk: string, prefix: string): Promise<string[]>;
}

/** DynamoDB's caps of one BatchGetItem and one BatchWriteItem. */
const MAX_KEYS_PER_READ = 100;
const MAX_ITEMS_PER_WRITE = 25;

const CONCURRENT_CALLS = 8;

export function createTableCalls({ dynamodb, table, ...patience }: TableDeps): TableCalls {
  const insist = async <Result>(attempt: () => Promise<Result>, deadline = deadlineOf(patience)): Promise<Result> => {
    const backoff = createBackoff({ ...patience, deadline: () => deadline });
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!mayBeTriedAgain(error)) throw error;
        if (!(await backoff.pause())) throw giveUp(error as Error);
      }
    }
  };

  /** `attempt` gives what DynamoDB left unprocessed: because it is throttled, or because the answer would be above 16 MB. */
  const drain = async <Item>(items: readonly Item[], attempt: (open: Item[]) => Promise<Item[]>): Promise<void> => {
    const deadline = deadlineOf(patience);
    const backoff = createBackoff({ ...patience, deadline: () => deadline });
    let open = [...items];
    while (open.length > 0) {
      const left = await insist(() => attempt(open), deadline);
      if (left.length < open.length) backoff.reset();
      open = left;
      if (open.length > 0 && !(await backoff.pause())) {
        throw new Error(
          `DynamoDB left ${open.length} items unprocessed until the deadline: it is throttled; check the table's limits`,
        );
      }
    }
  };

  const getSome = async (keys: ItemKey[]): Promise<StateItem[]> => {
    const items: StateItem[] = [];
    await drain(keys, async (open) => {
      const { Responses, UnprocessedKeys } = await dynamodb.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: open, ConsistentRead: true } } }),
      );
      items.push(...((Responses?.[table] ?? []) as StateItem[]));
      return (UnprocessedKeys?.[table]?.Keys ?? []) as ItemKey[];
    });
    return items;
  };

  const writeSome = (requests: WriteRequest[]): Promise<void> =>
    drain(requests, async (open) => {
      const { UnprocessedItems } = await dynamodb.send(new BatchWriteCommand({ RequestItems: { [table]: open } }));
      return (UnprocessedItems?.[table] ?? []) as WriteRequest[];
    });

  return {
    async get(key) {
      const command = { TableName: table, Key: { pk: key.pk, sk: key.sk }, ConsistentRead: true };
      return (await insist(() => dynamodb.send(new GetCommand(command)))).Item as StateItem | undefined;
    },
    getMany: async (keys) => (await inParallel(chunksOf(keys, MAX_KEYS_PER_READ), CONCURRENT_CALLS, getSome)).flat(),
    writeMany: async (requests) =>
      void (await inParallel(chunksOf(requests, MAX_ITEMS_PER_WRITE), CONCURRENT_CALLS, writeSome)),
    async update({ pk, sk }, expression) {
      const command = { TableName: table, Key: { pk, sk }, ReturnValues: 'ALL_NEW', ...written(expression) } as const;
      const answer = await insist(() => unlessRefused(dynamodb.send(new UpdateCommand(command))));
      return answer && (answer.Attributes as StateItem);
    },
    async put(item, expression = {}) {
      const command = { TableName: table, Item: item, ReturnValues: 'ALL_OLD', ...written(expression) } as const;
      const answer = await insist(() => unlessRefused(dynamodb.send(new PutCommand(command))));
      return answer && (answer.Attributes ?? {});
    },
    async remove({ pk, sk }, expression) {
      const command = { TableName: table, Key: { pk, sk }, ReturnValues: 'ALL_OLD', ...written(expression) } as const;
      const answer = await insist(() => unlessRefused(dynamodb.send(new DeleteCommand(command))));
      return answer && (answer.Attributes ?? {});
    },
    async sortKeys(pk, prefix) {
      const command = {
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
        ProjectionExpression: 'sk',
      };
      const { Items = [] } = await insist(() => dynamodb.send(new QueryCommand(command)));
      return Items.map((item) => String(item['sk']));
    },
  };
}

async function unlessRefused<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  try {
    return await answer;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return null;
    throw error;
  }
}

function written({ condition, update, values }: Expression) {
  const names = `${condition ?? ''} ${update ?? ''}`.match(/#\w+/g) ?? [];
  return {
    ...(condition === undefined ? {} : { ConditionExpression: condition }),
    ...(update === undefined ? {} : { UpdateExpression: update }),
    ...(names.length === 0
      ? {}
      : { ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])) }),
    ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
  };
}

function giveUp(cause: Error): Error {
  return new Error(`DynamoDB did not do it until the deadline: ${cause.name}: ${cause.message}`, { cause });
}
