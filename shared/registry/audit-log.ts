import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { randomToken } from './random-token.ts';
import type { RegistryTable } from './read-items.ts';
import { KIND } from './registry-items.ts';

/** Who changed what, when. Values are as they are shown: no secret is among them, that is for the caller to see to. */
export interface AuditEntry {
  /** ISO 8601. */
  at: string;
  /** Id of the API token, or another name of who did it. */
  actor: string;
  /** For example `plugin_config.update`. */
  action: string;
  /** For example `plugin_config 7`. */
  subject: string;
  /** What of the subject was changed, before and after; null where there was nothing. */
  before: unknown;
  after: unknown;
}

export interface AuditPage {
  /** The newest first; of one moment in no order. */
  entries: AuditEntry[];
  /** For the next page; null when there is none. */
  cursor: string | null;
}

export interface AuditLog {
  /** Keeps an entry as of now, for good. */
  append(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  /** @param cursor of the page before; what was appended since is not on the pages that follow */
  list(options?: { limit?: number; cursor?: string | undefined }): Promise<AuditPage>;
}

export interface AuditLogDeps extends RegistryTable {
  /** Milliseconds since 1970. */
  now: () => number;
  randomBytes: (size: number) => Uint8Array;
}

const PAGE_ENTRIES = 100;

/** An item takes 400 KB, and nobody reads more of a change than this. */
const MAX_VALUE_CHARACTERS = 50_000;

/** So many letters tell entries of one millisecond apart. */
const RANDOM_LETTERS = 8;
const CURSOR_FORM = /^[\dTZ:.-]{24}#[0-9A-Za-z]{8}$/;

export function createAuditLog({ dynamodb, table, now, randomBytes }: AuditLogDeps): AuditLog {
  return {
    async append({ before, after, ...entry }) {
      const at = new Date(now()).toISOString();
      // Made once: sent again because the answer got lost, it is the same entry.
      const sk = `${at}#${randomToken(randomBytes, RANDOM_LETTERS)}`;
      const Item = { pk: KIND.auditLog, sk, ...entry, at, before: textOf(before), after: textOf(after) };
      await dynamodb.send(new PutCommand({ TableName: table, Item }));
    },

    async list({ limit = PAGE_ENTRIES, cursor } = {}) {
      if (cursor !== undefined && !CURSOR_FORM.test(cursor))
        throw new Error(`The cursor must be one that a page before had; got ${JSON.stringify(cursor.slice(0, 60))}`);
      const { Items = [], LastEvaluatedKey } = await dynamodb.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: '#pk = :pk',
          ExpressionAttributeNames: { '#pk': 'pk' },
          ExpressionAttributeValues: { ':pk': KIND.auditLog },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: limit,
          ...(cursor !== undefined && { ExclusiveStartKey: { pk: KIND.auditLog, sk: cursor } }),
        }),
      );
      return { entries: Items.map(entryOf), cursor: (LastEvaluatedKey?.['sk'] as string | undefined) ?? null };
    },
  };
}

/** Text, because values may be what DynamoDB's maps cannot hold. */
function textOf(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.length <= MAX_VALUE_CHARACTERS
    ? text
    : JSON.stringify(`${text.length} characters of JSON, too long to be kept`);
}

function entryOf({ at, actor, action, subject, before, after }: Record<string, unknown>): AuditEntry {
  return {
    at: String(at),
    actor: String(actor),
    action: String(action),
    subject: String(subject),
    before: JSON.parse(String(before)),
    after: JSON.parse(String(after)),
  };
}
