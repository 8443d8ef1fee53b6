import { randomBytes, randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { buildPlugin } from '../../shared/plugins/build.ts';
import { createApiTokens } from '../../shared/registry/api-tokens.ts';
import { createAuditLog } from '../../shared/registry/audit-log.ts';
import { createPluginConfigStore } from '../../shared/registry/plugin-config-store.ts';
import { createPluginStore } from '../../shared/registry/plugin-store.ts';
import type { NewPluginVersion } from '../../shared/registry/plugin-version.ts';
import { createProjectStore } from '../../shared/registry/project-store.ts';
import type { RegistryDatabase } from '../../shared/registry/registry-items.ts';
import { createRegistryReader } from '../../shared/registry/registry-reader.ts';
import { createRegistryWriter } from '../../shared/registry/registry-writer.ts';
import { createDataKeys } from '../../shared/secrets/data-keys.ts';
import { createSecrets } from '../../shared/secrets/secrets.ts';
import { startTestTable } from './dynamodb.ts';
import type { TestBucket } from './s3.ts';

/** A registry of its own for one test, with everything that reads and writes it. */
export async function startTestRegistry(bucket: TestBucket) {
  const database = await startTestTable();
  const world = { now: Date.UTC(2026, 10, 21), keys: { current: 'k1', k1: 'a'.repeat(43) } as Record<string, string> };
  const { dynamodb, table } = database;

  const storesOn = (at: { dynamodb: RegistryDatabase; s3: Pick<S3Client, 'send'> }) => {
    const readSecret = async () => JSON.stringify(world.keys);
    const secrets = createSecrets({ keys: createDataKeys({ readSecret, clock: () => world.now }), randomBytes });
    const deps = {
      ...at,
      table,
      bucket: bucket.bucket,
      now: () => world.now,
      newId: randomUUID,
      randomBytes,
      secrets,
    };
    return {
      secrets,
      reader: createRegistryReader(deps),
      writer: createRegistryWriter(deps),
      projects: createProjectStore(deps),
      plugins: createPluginStore(deps),
      configs: createPluginConfigStore(deps),
      tokens: createApiTokens(deps),
      audit: createAuditLog(deps),
    };
  };

  return {
    database,
    world,
    ...storesOn({ dynamodb, s3: bucket.s3 }),
    /** The stores of a process that dies after so many calls of AWS: the next one is never made. `made` counts them. */
    dying(after = Number.POSITIVE_INFINITY) {
      const made = { calls: 0 };
      const dying = <Client extends { send: unknown }>(client: Client) => ({
        async send(command: unknown) {
          if (made.calls >= after) throw new Error('the process died');
          made.calls++;
          return (client as unknown as { send(each: unknown): Promise<unknown> }).send(command);
        },
      });
      return { ...storesOn({ dynamodb: dying(dynamodb), s3: dying(bucket.s3) }), made };
    },
    /** The stores of a process whose every write is sent twice, as a client does that got no answer. */
    repeating() {
      const repeating = {
        async send(command: { constructor: { name: string } }) {
          if (/^(Update|Put|Delete)/.test(command.constructor.name)) await dynamodb.send(command as never);
          return dynamodb.send(command as never);
        },
      };
      return storesOn({ dynamodb: repeating as never, s3: bucket.s3 });
    },
    /** All that the table holds, as text. */
    async dump(): Promise<string> {
      const { Items } = await dynamodb.send(new ScanCommand({ TableName: table }));
      return JSON.stringify(Items);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export type TestRegistry = Awaited<ReturnType<typeof startTestRegistry>>;

/** A version of a plugin whose code says a word, with these fields. */
export async function versionSaying(
  word: string,
  config: object[] = [],
  overrides: Partial<NewPluginVersion> = {},
): Promise<NewPluginVersion> {
  return {
    built: await buildPlugin(
      new Map([
        ['plugin.json', JSON.stringify({ name: 'Speaker', config })],
        ['index.js', `function processEvent(event) { event.word = ${JSON.stringify(word)}; return event }`],
      ]),
    ),
    source: { kind: 'npm', url: 'https://www.npmjs.com/package/speaker' },
    marker: word,
    archive: Buffer.from(`archive of ${word}`),
    installedBy: 'token-1',
    ...overrides,
  };
}
