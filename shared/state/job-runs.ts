import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Job } from './task.ts';

/** Which jobs were run, so that a message that arrives twice runs none twice. */
export interface JobRuns {
  /** Null when this attempt of the job has not come to an end; otherwise whether no other one follows. */
  find(job: Pick<Job, 'id' | 'retries'>): Promise<{ isOver: boolean } | null>;
  /** @param isOver no other attempt follows */
  add(job: Pick<Job, 'id' | 'retries'>, isOver: boolean): Promise<void>;
}

export interface JobRunsDeps {
  dynamodb: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Longer than a message can stay in the queue, which is 7 days, and wait in it before that. */
const REMEMBERED_SECONDS = 8 * 86_400;

export function createJobRuns({ dynamodb, table, now }: JobRunsDeps): JobRuns {
  const key = ({ id, retries }: Pick<Job, 'id' | 'retries'>) => ({ pk: `job-run#${id}#${retries}`, sk: 'ended' });
  return {
    async find(job) {
      const { Item } = await dynamodb.send(new GetCommand({ TableName: table, Key: key(job), ConsistentRead: true }));
      return Item === undefined ? null : { isOver: Item['isOver'] === true };
    },
    async add(job, isOver) {
      const expiresAt = Math.ceil(now() / 1000) + REMEMBERED_SECONDS;
      await dynamodb.send(new PutCommand({ TableName: table, Item: { ...key(job), isOver, expiresAt } }));
    },
  };
}
