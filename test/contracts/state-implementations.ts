import { randomUUID } from 'node:crypto';
import { DeleteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import { createObjectBucket } from '../../shared/aws/object-bucket.ts';
import type { CacheCommandsPort, CachePort, StoragePort } from '../../shared/host/services.ts';
import type { CacheCommand, CommandAnswer, StorageCommand } from '../../shared/sandbox/service-calls.ts';
import { createPluginState } from '../../shared/state/plugin-state.ts';
import { startTestTable, type TestTable } from '../support/dynamodb.ts';
import { createMemoryServices } from '../support/host-services.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

/** What plugins keep, with a clock that the test moves, and a plugin config that has nothing in it yet. */
export interface FreshState {
  cache: CachePort;
  cacheCommands: CacheCommandsPort;
  storage: StoragePort;
  plugin: number;
  /** Milliseconds since 1970. */
  now(): number;
  pass(milliseconds: number): void;
}

/** Half past a second, so that rounding shows. */
const START_MILLISECONDS = 1_700_000_000_500;

let plugins = 0;

export interface AwsCommand {
  /** For example `UpdateCommand`. */
  constructor: { name: string };
  input: unknown;
}

export type Intercept = (command: AwsCommand, send: () => Promise<unknown>) => Promise<unknown>;

export interface OnAws {
  table: TestTable;
  bucket: TestBucket;
  /** All items of the partition of a cache key, chunks of lists included. */
  itemsOf(state: FreshState, key: string): Promise<Record<string, unknown>[]>;
  /** Does what the table does by itself some time after: deletes the items of a cache key whose TTL is over. */
  deleteExpired(state: FreshState, key: string): Promise<void>;
  /** @param intercept sees each call to AWS, and sends it or not. */
  fresh(intercept?: Intercept): FreshState;
}

/** Starts a table and a bucket for the tests of a file. */
export function onAws(): OnAws {
  const servers = {} as { table: TestTable; bucket: TestBucket };
  beforeAll(async () => {
    servers.table = await startTestTable();
    servers.bucket = await startTestBucket();
  });
  afterAll(async () => {
    await servers.table[Symbol.asyncDispose]();
    await servers.bucket[Symbol.asyncDispose]();
  });
  const itemsOf = async ({ plugin }: FreshState, key: string) => {
    const { Items = [] } = await servers.table.dynamodb.send(
      new QueryCommand({
        TableName: servers.table.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': `cache#${plugin}#${key}` },
        ConsistentRead: true,
      }),
    );
    return Items;
  };
  return {
    itemsOf,
    async deleteExpired(state, key) {
      for (const { pk, sk, expiresAt } of await itemsOf(state, key)) {
        if (!(Number(expiresAt) * 1000 < state.now())) continue;
        await servers.table.dynamodb.send(new DeleteCommand({ TableName: servers.table.table, Key: { pk, sk } }));
      }
    },
    get table() {
      return servers.table;
    },
    get bucket() {
      return servers.bucket;
    },
    fresh(intercept = (_, send) => send()) {
      let time = START_MILLISECONDS;
      const watched = <Client extends { send: unknown }>(client: Client): Pick<Client, 'send'> => ({
        send: (command: AwsCommand) =>
          intercept(command, () => (client.send as (command: AwsCommand) => Promise<unknown>)(command)),
      });
      const state = createPluginState({
        dynamodb: watched(servers.table.dynamodb),
        table: servers.table.table,
        bucket: createObjectBucket(watched(servers.bucket.s3), servers.bucket.bucket),
        now: () => time,
        // The embedded table answers in a tenth of the time.
        sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds / 4)),
        newId: randomUUID,
        random: Math.random,
      });
      return { ...state, plugin: ++plugins, now: () => time, pass: (milliseconds) => void (time += milliseconds) };
    },
  };
}

export function inMemory(): { fresh(): FreshState } {
  return {
    fresh() {
      let time = START_MILLISECONDS;
      const { cache, cacheCommands, storage } = createMemoryServices(() => time);
      return {
        cache,
        cacheCommands,
        storage,
        plugin: ++plugins,
        now: () => time,
        pass: (milliseconds) => void (time += milliseconds),
      };
    },
  };
}

/** Both must do the same. */
export const IMPLEMENTATIONS = [
  { name: 'on DynamoDB', start: onAws },
  { name: 'in memory', start: inMemory },
] as const;

type WithoutPlugin<Command> = Command extends unknown ? Omit<Command, 'plugin'> : never;

/** Runs cache commands of the plugin config; answers as `'error: words'` for refusals, else the value. */
export async function runCache(state: FreshState, ...commands: WithoutPlugin<CacheCommand>[]): Promise<unknown[]> {
  const { cacheCommands, plugin } = state;
  return plain(await cacheCommands.run(commands.map((command) => ({ ...command, plugin }))));
}

export async function runStorage(state: FreshState, ...commands: WithoutPlugin<StorageCommand>[]): Promise<unknown[]> {
  const { storage, plugin } = state;
  return plain(await storage.run(commands.map((command) => ({ ...command, plugin }))));
}

function plain(answers: readonly CommandAnswer[]): unknown[] {
  return answers.map((answer) => ('error' in answer ? `${answer.error.name}: ${answer.error.message}` : answer.value));
}

export async function readCache({ cache, plugin }: FreshState, ...keys: string[]): Promise<unknown[]> {
  const read = await cache.readMany(keys.map((key) => ({ plugin, key })));
  return read.map((text) => (typeof text === 'object' && text !== null && 'error' in text ? text.error.message : text));
}

export const WRONG_TYPE = 'ReplyError: WRONGTYPE Operation against a key holding the wrong kind of value';
export const NOT_AN_INTEGER = 'ReplyError: ERR value is not an integer or out of range';
