import { createHash } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { DeleteCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { BuiltPlugin } from '../plugins/build.ts';
import type { Plugin, PluginAttachment, PluginConfig, Project } from './plugin-config.ts';
import {
  attachmentKey,
  bumpVersion,
  codeKey,
  itemKey,
  KIND,
  type Kind,
  type RegistryDatabase,
} from './registry-items.ts';

export interface RegistryWriterDeps {
  dynamodb: RegistryDatabase;
  s3: Pick<S3Client, 'send'>;
  table: string;
  bucket: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** A plugin config as it is installed: the plugin by id; attachments, which lie in the bucket already, by reference. */
export type NewPluginConfig = Pick<
  PluginConfig,
  'id' | 'teamId' | 'enabled' | 'order' | 'config' | 'attachments' | 'allowedHosts'
> & {
  pluginId: number;
};

/** Changes the registry. Every command stores first and then counts the version; one that failed can just be repeated. */
export interface RegistryWriter {
  putProject(project: Project): Promise<void>;
  /** Uploads the code under its hash, then installs or upgrades the plugin: at no time does an item name code that is not there. */
  putPlugin(id: number, built: BuiltPlugin): Promise<Plugin>;
  /** Uploads a file under its hash, for a plugin config that is put afterwards. Is no change by itself. */
  putAttachment(file: Omit<PluginAttachment, 'key'>, contents: Uint8Array): Promise<PluginAttachment>;
  putPluginConfig(config: NewPluginConfig): Promise<void>;
  /** @throws when there is no such plugin config. */
  setEnabled(pluginConfigId: number, enabled: boolean): Promise<void>;
  /** @throws when the project still has plugin configs. */
  removeProject(id: number): Promise<void>;
  /** Leaves the code in the bucket: another plugin may have the same. @throws when the plugin still has plugin configs. */
  removePlugin(id: number): Promise<void>;
  removePluginConfig(id: number): Promise<void>;
}

export function createRegistryWriter({ dynamodb, s3, table, bucket, now }: RegistryWriterDeps): RegistryWriter {
  /** Stores the fields and lets the revision grow. It starts at the time, so an item made anew goes on above its old self. */
  const put = async (kind: Kind, id: number, fields: Record<string, unknown>, mustExist = false): Promise<void> => {
    const names = Object.keys(fields);
    await dynamodb.send(
      new UpdateCommand({
        TableName: table,
        Key: itemKey(kind, id),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}, `).join('')}#revision = if_not_exists(#revision, :now) + :one`,
        ExpressionAttributeNames: Object.fromEntries([...names, 'revision'].map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ...Object.fromEntries(names.map((name) => [`:${name}`, fields[name]])),
          ':now': now(),
          ':one': 1,
        },
        ...(mustExist && { ConditionExpression: 'attribute_exists(#revision)' }),
      }),
    );
    await bumpVersion(dynamodb, table);
  };

  const remove = async (kind: Kind, id: number): Promise<void> => {
    await dynamodb.send(new DeleteCommand({ TableName: table, Key: itemKey(kind, id) }));
  };

  /** A check for people, not a lock: plugin configs that appear meanwhile are left out by readers. */
  const refuseInUse = async (kind: 'project' | 'plugin', id: number): Promise<void> => {
    const field = kind === 'project' ? 'teamId' : 'pluginId';
    const users: unknown[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await dynamodb.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: '#pk = :kind',
          FilterExpression: '#field = :id',
          ExpressionAttributeNames: { '#pk': 'pk', '#field': field },
          ExpressionAttributeValues: { ':kind': KIND.pluginConfig, ':id': id },
          ConsistentRead: true,
          ExclusiveStartKey: start,
        }),
      );
      users.push(...(page.Items ?? []).map((item) => item['id']));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    if (users.length === 0) return;
    throw new Error(
      `Cannot remove ${kind} ${id}: the plugin configs ${users.join(', ')} belong to it; remove them first`,
    );
  };

  return {
    putProject: ({ id, name }) => put(KIND.project, id, { id, name }),

    async putPlugin(id, { manifest, code, codeHash }) {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: codeKey(codeHash),
          Body: code,
          ContentType: 'text/javascript; charset=utf-8',
        }),
      );
      const plugin = { id, name: manifest.name, codeHash };
      await put(KIND.plugin, id, { ...plugin, manifest });
      return plugin;
    },

    async putAttachment({ contentType, fileName }, contents) {
      const key = attachmentKey(createHash('sha256').update(contents).digest('hex'));
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: contents, ContentType: contentType }));
      return { contentType, fileName, key };
    },

    async putPluginConfig({ id, teamId, pluginId, enabled, order, config, attachments, allowedHosts = null }) {
      await put(KIND.pluginConfig, id, { id, teamId, pluginId, enabled, order, config, attachments, allowedHosts });
    },

    async setEnabled(id, enabled) {
      try {
        await put(KIND.pluginConfig, id, { enabled }, true);
      } catch (error) {
        if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
        throw new Error(`There is no plugin config ${id}`, { cause: error });
      }
    },

    async removeProject(id) {
      await refuseInUse('project', id);
      await remove(KIND.project, id);
      await bumpVersion(dynamodb, table);
    },

    async removePlugin(id) {
      await refuseInUse('plugin', id);
      await remove(KIND.plugin, id);
      await bumpVersion(dynamodb, table);
    },

    async removePluginConfig(id) {
      await remove(KIND.pluginConfig, id);
      await remove(KIND.pluginConfigStatus, id);
      await bumpVersion(dynamodb, table);
    },
  };
}
