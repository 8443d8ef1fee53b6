import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Job } from './task.ts';

/** Which jobs were run, so that a message that arrives twice runs none twice. */
export interface JobRuns {
  /** Whether this attempt of the job has come to an end. */
  has(job: Pick<Job, 'id' | 'retries'>): Promise<boolean>;
  add(job: Pick<Job, 'id' | 'retries'>): Promise<void>;
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
    async has(job) {
      const { Item } = await dynamodb.send(new GetCommand({ TableName: table, Key: key(job), ConsistentRead: true }));
      return Item !== undefined;
    },
    async add(job) {
      const expiresAt = Math.ceil(now() / 1000) + REMEMBERED_SECONDS;
      await dynamodb.send(new PutCommand({ TableName: table, Item: { ...key(job), expiresAt } }));
    },
  };
}
