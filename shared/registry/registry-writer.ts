import { randomBytes, randomUUID } from 'node:crypto';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { BuiltPlugin } from '../plugins/build.ts';
import { changeItem } from './change-item.ts';
import { reserveId } from './next-id.ts';
import type { Plugin, PluginAttachment, PluginConfig, Project } from './plugin-config.ts';
import type { ObjectPlace } from './plugin-objects.ts';
import { activate } from './plugin-store.ts';
import { keepVersion } from './plugin-versions.ts';
import { newProjectToken } from './project-token.ts';
import { putAttachment } from './put-attachment.ts';
import { type RegistryTable, readItem } from './read-items.ts';
import { refuseInUse } from './refuse-in-use.ts';
import { bumpVersion, itemKey, KIND, type Kind } from './registry-items.ts';

export interface RegistryWriterDeps extends RegistryTable, ObjectPlace {
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

/**
 * Puts things into the registry under ids of the caller's choice, as they are: nothing is checked or sealed, whoever comes last is right.
 * For demos and tests; people change the registry through `project-store`, `plugin-store` and `plugin-config-store`.
 * Every command stores first and then counts the version; one that failed can just be repeated.
 */
export interface RegistryWriter {
  /** Makes a project, with a token, or gives it another name. */
  putProject(project: Pick<Project, 'id' | 'name'>): Promise<void>;
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

export function createRegistryWriter(given: RegistryWriterDeps): RegistryWriter {
  const deps = { ...given, newId: randomUUID };

  const put = async (kind: Kind, id: number, fields: Record<string, unknown>): Promise<void> => {
    await reserveId(deps, kind, id);
    await changeItem(deps, { key: itemKey(kind, id), what: `${kind} ${id}`, fields, expected: 'anything' });
  };

  const remove = async (kinds: Kind[], id: number): Promise<void> => {
    for (const kind of kinds)
      await deps.dynamodb.send(new DeleteCommand({ TableName: deps.table, Key: { ...itemKey(kind, id) } }));
    await bumpVersion(deps.dynamodb, deps.table);
  };

  return {
    async putProject({ id, name }) {
      const { token } = (await readItem<Project>(deps, itemKey(KIND.project, id))) ?? {};
      await put(KIND.project, id, { id, name, token: token ?? newProjectToken(id, randomBytes) });
    },

    async putPlugin(id, built) {
      await reserveId(deps, KIND.plugin, id);
      const source = { kind: 'local', url: null };
      const version = await keepVersion(deps, id, { built, source, marker: null, archive: null, installedBy: null });
      await activate(deps, id, version, 'anything');
      return { id, name: built.manifest.name, version: version.number, codeHash: built.codeHash };
    },

    putAttachment: (file, contents) => putAttachment(deps, file, contents),

    async putPluginConfig({ id, teamId, pluginId, enabled, order, config, attachments, allowedHosts }) {
      await put(KIND.pluginConfig, id, {
        id,
        teamId,
        pluginId,
        enabled,
        order,
        config: JSON.stringify(config),
        attachments,
        allowedHosts,
      });
    },

    async setEnabled(id, enabled) {
      await changeItem(deps, {
        key: itemKey(KIND.pluginConfig, id),
        what: `plugin config ${id}`,
        fields: { enabled },
        expected: 'present',
      });
    },

    async removeProject(id) {
      await refuseInUse(deps, 'project', id);
      await remove([KIND.project, KIND.chain], id);
    },

    async removePlugin(id) {
      await refuseInUse(deps, 'plugin', id);
      await remove([KIND.plugin, KIND.pluginStatus], id);
    },

    removePluginConfig: (id) => remove([KIND.pluginConfig, KIND.pluginConfigStatus], id),
  };
}
