import { createHash } from 'node:crypto';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { isRefused } from './is-refused.ts';

/** What only one may run at a time: a job's name or a scheduled task of a plugin config. */
export interface TaskKey {
  /** The plugin config's id. */
  plugin: number;
  /** The exported name, or `job <name>`. */
  hook: string;
}

/** The last run that came to an end. */
export interface LastRun {
  /** Milliseconds since 1970. */
  endedAt: number;
  /** The tick that had asked for it. */
  tick: number;
}

/** Who may run a task, over the whole deployment. A lease that is not renewed is over after 30 s, whatever became of its holder. */
export interface TaskLeases {
  /** Null when somebody else has it. Asking again for one's own renews it. */
  acquire(key: TaskKey, holder: string): Promise<{ lastRun: LastRun | null } | null>;
  /** False when it was over and somebody else has it now. */
  renew(key: TaskKey, holder: string): Promise<boolean>;
  /** Gives it back, with the run that has ended, if one has. One that somebody else has is left alone. */
  release(key: TaskKey, holder: string, run?: LastRun): Promise<void>;
}

export interface TaskLeasesDeps {
  dynamodb: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** How long a lease lasts. Three renewals fit in: one that fails does no harm. */
const LEASE_MILLISECONDS = 30_000;
export const RENEW_EVERY_MILLISECONDS = LEASE_MILLISECONDS / 3;

/** How long the last run is remembered, seconds: longer than the longest interval, which is a day. */
const REMEMBERED_SECONDS = 3 * 86_400;

const NAMES = { '#holder': 'holder', '#until': 'until', '#expiresAt': 'expiresAt' };

export function createTaskLeases({ dynamodb, table, now }: TaskLeasesDeps): TaskLeases {
  const update = async (
    key: TaskKey,
    expression: string,
    condition: string,
    names: Record<string, string>,
    values: Record<string, unknown>,
  ): Promise<Record<string, unknown> | null> => {
    try {
      const { Attributes } = await dynamodb.send(
        new UpdateCommand({
          TableName: table,
          Key: itemKey(key),
          UpdateExpression: expression,
          ConditionExpression: condition,
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: values,
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Attributes ?? {};
    } catch (error) {
      if (isRefused(error)) return null;
      throw error;
    }
  };

  const take = (key: TaskKey, holder: string, condition: string, more: Record<string, unknown>) =>
    update(key, 'SET #holder = :holder, #until = :until, #expiresAt = :expiresAt', condition, NAMES, {
      ':holder': holder,
      ':until': now() + LEASE_MILLISECONDS,
      ':expiresAt': Math.ceil(now() / 1000) + REMEMBERED_SECONDS,
      ...more,
    });

  return {
    async acquire(key, holder) {
      // Its own, too: the answer to an earlier attempt may have been lost.
      const condition = 'attribute_not_exists(#until) OR #until < :now OR #holder = :holder';
      const taken = await take(key, holder, condition, { ':now': now() });
      if (taken === null) return null;
      return { lastRun: (taken['lastRun'] as LastRun | undefined) ?? null };
    },

    async renew(key, holder) {
      return (await take(key, holder, '#holder = :holder', {})) !== null;
    },

    async release(key, holder, run) {
      const { '#holder': _, '#until': __, ...expiry } = NAMES;
      const set = run === undefined ? '' : 'SET #lastRun = :lastRun, #expiresAt = :expiresAt ';
      await update(
        key,
        `${set}REMOVE #holder, #until`,
        '#holder = :holder',
        { '#holder': 'holder', '#until': 'until', ...(run && { ...expiry, '#lastRun': 'lastRun' }) },
        {
          ':holder': holder,
          ...(run && { ':lastRun': run, ':expiresAt': Math.ceil(now() / 1000) + REMEMBERED_SECONDS }),
        },
      );
    },
  };
}

/** A name may be anything, of any length: its hash is the key. */
function itemKey({ plugin, hook }: TaskKey): { pk: string; sk: string } {
  return { pk: `task#${plugin}#${createHash('sha256').update(hook).digest('hex')}`, sk: 'lease' };
}
