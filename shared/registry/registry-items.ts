import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';

/**
 * The registry table: `pk` names the kind, `sk` is the id. The version counts changes of projects, plugins and plugin configs.
 * What is only said of them (errors, attempts, capabilities, what an update check has found) are items of their own, so that recording it
 * is no change.
 */
export const KIND = {
  version: 'version',
  /** The last id given out, by kind. */
  counter: 'counter',
  project: 'project',
  /** The chain of a project, as it was arranged, by the project's id. */
  chain: 'chain',
  plugin: 'plugin',
  pluginStatus: 'plugin-status',
  pluginConfig: 'plugin-config',
  pluginConfigStatus: 'plugin-config-status',
  apiToken: 'api-token',
  /** Tokens for sites that plugins come from, by name. */
  sourceToken: 'source-token',
  auditLog: 'audit-log',
} as const;

/** Versions of one plugin have a partition of their own: nobody reads them to run it. */
export const VERSIONS_PREFIX = 'plugin-version#';

export type Kind = (typeof KIND)[keyof typeof KIND];

export interface ItemKey {
  pk: string;
  sk: string;
}

export const VERSION_KEY: ItemKey = { pk: KIND.version, sk: 'current' };

/** Ids are padded, so that a query gives them in numeric order. */
export function itemKey(kind: Kind, id: number): ItemKey {
  if (!Number.isSafeInteger(id) || id < 0)
    throw new Error(`The id of a ${kind} must be a whole number from 0; got ${id}`);
  return { pk: kind, sk: paddedId(id) };
}

/** Key of a version of a plugin. */
export function versionKey(pluginId: number, number: number): ItemKey {
  return { pk: `${VERSIONS_PREFIX}${paddedId(pluginId)}`, sk: paddedId(number) };
}

export function paddedId(id: number): string {
  return String(id).padStart(16, '0');
}

/** Key of a plugin's code in the assets bucket. */
export function codeKey(codeHash: string): string {
  return `code/${codeHash}.js`;
}

/** Key of a plugin's source in the assets bucket, by the sha256 of the archive, hex. */
export function archiveKey(contentHash: string): string {
  return `archives/${contentHash}`;
}

/** Key of an attachment in the assets bucket, by the sha256 of its content, hex. */
export function attachmentKey(contentHash: string): string {
  return `attachments/${contentHash}`;
}

export type RegistryDatabase = Pick<DynamoDBDocumentClient, 'send'>;

/**
 * Tells all readers that something has changed, by one atomic ADD, after the change is stored.
 *
 * There is no transaction around the two, and none is needed. When the process dies in between, the change is stored but nobody
 * looks yet; its command has failed, and running it again stores the same and counts. A version counted twice costs one read more.
 */
export async function bumpVersion(dynamodb: RegistryDatabase, table: string): Promise<void> {
  await dynamodb.send(
    new UpdateCommand({
      TableName: table,
      Key: VERSION_KEY,
      UpdateExpression: 'ADD #version :one',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':one': 1 },
    }),
  );
}

/** Resolves to false when the condition of a write did not hold. */
export async function orFalse(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}
