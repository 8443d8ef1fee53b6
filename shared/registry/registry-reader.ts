import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { readObject } from '../aws/read-object.ts';
import type { Plugin, PluginConfig, Project } from './plugin-config.ts';
import { attachmentKey, codeKey, KIND, type Kind, type RegistryDatabase, VERSION_KEY } from './registry-items.ts';

export interface RegistryReaderDeps {
  dynamodb: RegistryDatabase;
  s3: Pick<S3Client, 'send'>;
  table: string;
  bucket: string;
}

export interface RegistrySnapshot {
  /** The version at which reading began: what was read is at least as new. */
  version: number;
  /** By id, ascending. */
  projects: Project[];
  /** Enabled or not, by id, ascending. Left out: those whose plugin does not exist. */
  pluginConfigs: PluginConfig[];
}

/** Reads projects, plugins and plugin configs. */
export interface RegistryReader {
  /**
   * The number of changes so far, 0 in an empty registry. One request of half a read unit; may be some hundred milliseconds behind,
   * also behind `readAll`. Compare with `!==`: after a restore from a backup it is lower than before.
   */
  readVersion(): Promise<number>;
  /** All of it, as of the last acknowledged write. */
  readAll(): Promise<RegistrySnapshot>;
  /** A plugin's code. @throws when it is not there or is not what the hash says. */
  readCode(codeHash: string): Promise<string>;
  /** An attachment's bytes by its key. @throws when it is not there or is not what the hash in its key says. */
  readAttachment(key: string): Promise<Buffer>;
}

/** A plugin's item; its revision is added to that of its plugin configs. */
type PluginItem = Plugin & { revision: number };
type PluginConfigItem = Omit<PluginConfig, 'plugin' | 'allowedHosts' | keyof Status> & {
  pluginId: number;
  /** Null when it has none any more. */
  allowedHosts?: string[] | null;
};
type Status = Pick<PluginConfig, 'error' | 'setup' | 'capabilities' | 'metrics'>;
type StatusItem = Status & { id: number };

export function createRegistryReader({ dynamodb, s3, table, bucket }: RegistryReaderDeps): RegistryReader {
  const readVersion = async (consistent: boolean): Promise<number> => {
    const { Item } = await dynamodb.send(
      new GetCommand({ TableName: table, Key: VERSION_KEY, ConsistentRead: consistent }),
    );
    return (Item?.['version'] as number | undefined) ?? 0;
  };

  const readKind = async <Item>(kind: Kind): Promise<Item[]> => {
    const items: Item[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await dynamodb.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: '#pk = :kind',
          ExpressionAttributeNames: { '#pk': 'pk' },
          ExpressionAttributeValues: { ':kind': kind },
          ConsistentRead: true,
          ExclusiveStartKey: start,
        }),
      );
      for (const { pk: _, sk: __, ...item } of page.Items ?? []) items.push(item as Item);
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return items;
  };

  const readVerified = async (key: string, contentHash: string): Promise<Buffer> => {
    const content = await readObject(s3, bucket, key);
    const actual = createHash('sha256').update(content).digest('hex');
    if (actual !== contentHash) {
      throw new Error(
        `s3://${bucket}/${key} has other content than its name says (sha256 ${actual}); install the plugin again`,
      );
    }
    return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  };

  return {
    readVersion: () => readVersion(false),

    async readAll() {
      // The version first: what changes while the rest is read is then seen as a change, at worst once too often.
      const version = await readVersion(true);
      const [projects, plugins, configs, statuses] = await Promise.all([
        readKind<Project>(KIND.project),
        readKind<PluginItem>(KIND.plugin),
        readKind<PluginConfigItem>(KIND.pluginConfig),
        readKind<StatusItem>(KIND.pluginConfigStatus),
      ]);
      return {
        version,
        projects: projects.map(({ id, name }) => ({ id, name })),
        pluginConfigs: joinConfigs(plugins, configs, statuses),
      };
    },

    readCode: async (codeHash) => (await readVerified(codeKey(codeHash), codeHash)).toString('utf8'),

    async readAttachment(key) {
      const [contentHash = ''] = /[^/]*$/.exec(key) ?? [];
      if (key !== attachmentKey(contentHash)) {
        throw new Error(`The key of an attachment must be ${attachmentKey('<sha256>')}; got ${JSON.stringify(key)}`);
      }
      return readVerified(key, contentHash);
    },
  };
}

function joinConfigs(plugins: PluginItem[], configs: PluginConfigItem[], statuses: StatusItem[]): PluginConfig[] {
  const pluginById = new Map(plugins.map((plugin) => [plugin.id, plugin]));
  const statusById = new Map(statuses.map(({ id, ...status }) => [id, status]));
  return configs.flatMap(({ pluginId, allowedHosts, ...config }) => {
    const plugin = pluginById.get(pluginId);
    if (plugin === undefined) return [];
    const { id, name, codeHash } = plugin;
    return {
      ...config,
      ...(allowedHosts ? { allowedHosts } : {}),
      plugin: { id, name, codeHash },
      revision: config.revision + plugin.revision,
      ...statusById.get(config.id),
    };
  });
}
