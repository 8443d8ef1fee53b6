import { createHash } from 'node:crypto';
import { GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { isRefused } from './is-refused.ts';
import { createTableCalls, type TableDeps } from './table-calls.ts';
import { type Job, readTask, taskText } from './task.ts';

/** Jobs of one minute that lie in one partition of the table. */
export interface JobsPage {
  jobs: Job[];
  /** Takes these jobs out of the table. */
  remove(): Promise<void>;
}

/** Jobs that are due in more than 15 minutes, by the minute in which they are. A minute is a number: minutes since 1970. */
export interface LaterJobs {
  /** Writing a job again does nothing. */
  put(jobs: readonly Job[]): Promise<void>;
  /** All jobs of a minute, a page at a time; a page is read when the one before it has been dealt with. */
  pages(minute: number): AsyncIterable<JobsPage>;
  /** The last minute all of whose jobs were dispatched; null before the first. */
  dispatchedThrough(): Promise<number | null>;
  /** Remembers that; a minute before the one that is known is nothing new. */
  setDispatchedThrough(minute: number): Promise<void>;
}

/** Partitions of one minute. A partition takes 1,000 writes a second: so many thousand jobs of one minute can be written a second. */
const SHARDS = 8;
/** Of jobs of 400 KB a page of DynamoDB's has two. */
const PAGE_ITEMS = 200;

const PROGRESS_KEY = { pk: 'jobs-dispatched', sk: 'through' };

export function createLaterJobs(deps: TableDeps): LaterJobs {
  const { dynamodb, table } = deps;
  const { writeMany } = createTableCalls(deps);

  return {
    put: (jobs) => writeMany(jobs.map((job) => ({ PutRequest: { Item: { ...itemKey(job), job: taskText(job) } } }))),

    async *pages(minute) {
      for (let shard = 0; shard < SHARDS; shard++) {
        let start: Record<string, unknown> | undefined;
        do {
          const page = await dynamodb.send(
            new QueryCommand({
              TableName: table,
              KeyConditionExpression: 'pk = :pk',
              ExpressionAttributeValues: { ':pk': partitionKey(minute, shard) },
              ConsistentRead: true,
              Limit: PAGE_ITEMS,
              ExclusiveStartKey: start,
            }),
          );
          const items = page.Items ?? [];
          const jobs = items.map((item) => readTask(String(item['job']))).filter((job) => job?.kind === 'job');
          const keys = items.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk: String(pk), sk: String(sk) } } }));
          if (items.length > 0) yield { jobs, remove: () => writeMany(keys) };
          start = page.LastEvaluatedKey;
        } while (start !== undefined);
      }
    },

    async dispatchedThrough() {
      const { Item } = await dynamodb.send(
        new GetCommand({ TableName: table, Key: PROGRESS_KEY, ConsistentRead: true }),
      );
      return (Item?.['minute'] as number | undefined) ?? null;
    },

    async setDispatchedThrough(minute) {
      await dynamodb
        .send(
          new UpdateCommand({
            TableName: table,
            Key: PROGRESS_KEY,
            UpdateExpression: 'SET #minute = :minute',
            ConditionExpression: 'attribute_not_exists(#minute) OR #minute < :minute',
            ExpressionAttributeNames: { '#minute': 'minute' },
            ExpressionAttributeValues: { ':minute': minute },
          }),
        )
        .catch((error: unknown) => {
          if (!isRefused(error)) throw error;
        });
    },
  };
}

function partitionKey(minute: number, shard: number): string {
  return `jobs#${minute}#${shard}`;
}

function itemKey({ id, retries, runAt }: Job): { pk: string; sk: string } {
  const shard = createHash('sha256').update(id).digest().readUInt8(0) % SHARDS;
  return { pk: partitionKey(Math.floor(runAt / 60_000), shard), sk: `${runAt}#${id}#${retries}` };
}
