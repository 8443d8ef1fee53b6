import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { defaultConfig, type PluginManifest } from '../plugins/manifest.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { type Chain, readChain, rearrangeChain } from './chain-store.ts';
import { type ChangeDeps, changeItem, type Expected } from './change-item.ts';
import { problemsOfConfig } from './check-config.ts';
import { type ChangedContents, type ContentsChange, changeContents, formOf } from './config-values.ts';
import { nextId } from './next-id.ts';
import type { PluginAttachment } from './plugin-config.ts';
import {
  contentsFields,
  contentsOf,
  type PluginConfigItem,
  type PluginConfigStatus,
  problemOfSize,
} from './plugin-config-item.ts';
import type { ObjectPlace } from './plugin-objects.ts';
import { putAttachment } from './put-attachment.ts';
import { readItem, readPartition } from './read-items.ts';
import { bumpVersion, itemKey, KIND } from './registry-items.ts';
import { conflict, notFound, refusalCode, refuseInvalid } from './registry-refusal.ts';
import { sealContents } from './seal-contents.ts';
import { type ShownPluginConfig, showConfig } from './shown-config.ts';

export interface PluginConfigStoreDeps extends ChangeDeps, ObjectPlace {
  secrets: Secrets;
}

/** What of a plugin config is to be changed; what is left out stays. */
export interface PluginConfigChange extends ContentsChange {
  enabled?: boolean;
  /** Null: all that are public. */
  allowedHosts?: string[] | null;
}

/** Plugins as they are configured in projects. @throws RegistryRefusal, where it does not do what it is asked for. */
export interface PluginConfigStore {
  /** Configures a plugin in a project, at the end of its chain; disabled unless asked for. Fields that are left out get their defaults. */
  create(place: { projectId: number; pluginId: number }, change?: PluginConfigChange): Promise<ShownPluginConfig>;
  /**
   * Changes a plugin config. Values are checked against plugin.json, all problems in one refusal (`invalid`); what is required must be there
   * for as long as it is enabled. Refuses (`conflict`) when it is not at the revision that the caller saw.
   */
  update(id: number, change: PluginConfigChange, seen?: { revision: number }): Promise<ShownPluginConfig>;
  find(id: number): Promise<ShownPluginConfig>;
  /** Of one project, in the order of its chain. */
  list(projectId: number): Promise<ShownPluginConfig[]>;
  /** Revision of the order of a project's chain; 0: it was never rearranged. */
  readOrderRevision(projectId: number): Promise<number>;
  /** Gives plugin configs new places, see `rearrangeChain`. */
  rearrange(projectId: number, places: Readonly<Record<string, number>>, seen?: { revision: number }): Promise<void>;
  /** Uploads a file of up to 10 MB, for `update`. */
  putAttachment(file: Omit<PluginAttachment, 'key'>, contents: Uint8Array): Promise<PluginAttachment>;
  remove(id: number): Promise<void>;
}

export function createPluginConfigStore(deps: PluginConfigStoreDeps): PluginConfigStore {
  const readConfig = async (id: number): Promise<PluginConfigItem> => {
    const item = await readItem<PluginConfigItem>(deps, itemKey(KIND.pluginConfig, id));
    if (item === undefined) throw notFound(`plugin config ${id}`);
    return item;
  };

  const readManifest = async (pluginId: number): Promise<PluginManifest> => {
    const plugin = await readItem<{ manifest: string }>(deps, itemKey(KIND.plugin, pluginId));
    if (plugin === undefined) throw notFound(`plugin ${pluginId}`);
    return JSON.parse(plugin.manifest) as PluginManifest;
  };

  const find = async (id: number): Promise<ShownPluginConfig> => {
    const { teamId, pluginId } = await readConfig(id);
    const [chain, manifest, status] = await Promise.all([
      readChain(deps, teamId),
      readManifest(pluginId),
      readItem<PluginConfigStatus>(deps, itemKey(KIND.pluginConfigStatus, id)),
    ]);
    const config = chain.configs.find((each) => each.id === id);
    if (config === undefined) throw notFound(`plugin config ${id}`);
    return showConfig(config, manifest, status);
  };

  /** Seals and stores. False when there is one although there should be none. */
  const store = async (
    id: number,
    contents: ChangedContents,
    fields: Record<string, unknown>,
    expected: Expected,
  ): Promise<boolean> => {
    const what = `plugin config ${id}`;
    const sealed = await sealContents(deps.secrets, id, contents);
    refuseInvalid(what, problemOfSize(sealed));
    const key = itemKey(KIND.pluginConfig, id);
    return (await changeItem(deps, { key, what, fields: { ...fields, ...contentsFields(sealed) }, expected })) !== null;
  };

  return {
    async create({ projectId, pluginId }, { enabled = false, allowedHosts, values, ...change } = {}) {
      if ((await readItem(deps, itemKey(KIND.project, projectId))) === undefined)
        throw notFound(`project ${projectId}`);
      const manifest = await readManifest(pluginId);
      const nothing = { config: {}, secrets: {}, attachments: {} };
      const contents = changeContents(manifest, nothing, {
        ...change,
        values: { ...defaultConfig(manifest), ...values },
      });
      refuseInvalid('new plugin config', problemsOfConfig(manifest, formOf(contents), enabled));
      for (;;) {
        const id = await nextId(deps, KIND.pluginConfig);
        const order = lastPlace(await readChain(deps, projectId)) + 1;
        const fields = { id, teamId: projectId, pluginId, enabled, order, ...hostsField(allowedHosts) };
        // Who configures under an id of their own choice may have been faster.
        if (await store(id, contents, fields, 'absent')) return find(id);
      }
    },

    async update(id, { enabled, allowedHosts, ...change }, seen) {
      for (let attempt = 1; ; attempt++) {
        const item = await readConfig(id);
        if (seen !== undefined && seen.revision !== item.revision) {
          // A writer that died may have changed it, and told nobody.
          await bumpVersion(deps.dynamodb, deps.table);
          throw conflict(`plugin config ${id}`);
        }
        const manifest = await readManifest(item.pluginId);
        const contents = changeContents(manifest, contentsOf(item), change);
        refuseInvalid(`plugin config ${id}`, problemsOfConfig(manifest, formOf(contents), enabled ?? item.enabled));
        // `enabled` only when it was asked for: it may have been disabled in the meantime, which makes no revision.
        const fields = { ...(enabled !== undefined && { enabled }), ...hostsField(allowedHosts) };
        try {
          await store(id, contents, fields, { revision: item.revision });
          return await find(id);
        } catch (error) {
          if (refusalCode(error) !== 'conflict' || seen !== undefined || attempt === ATTEMPTS) throw error;
        }
      }
    },

    find,

    async list(projectId) {
      const [chain, plugins, statuses] = await Promise.all([
        readChain(deps, projectId),
        readPartition<{ id: number; manifest: string }>(deps, KIND.plugin),
        readPartition<PluginConfigStatus & { id: number }>(deps, KIND.pluginConfigStatus),
      ]);
      const manifestById = new Map(plugins.map(({ id, manifest }) => [id, manifest]));
      const statusById = new Map(statuses.map((status) => [status.id, status]));
      return chain.configs
        .toSorted((a, b) => a.order - b.order || a.id - b.id)
        .flatMap((config) => {
          const manifest = manifestById.get(config.pluginId);
          if (manifest === undefined) return [];
          return [showConfig(config, JSON.parse(manifest) as PluginManifest, statusById.get(config.id))];
        });
    },

    readOrderRevision: async (projectId) => (await readChain(deps, projectId)).revision,

    rearrange(projectId, places, seen) {
      const byId = new Map(Object.entries(places).map(([id, place]) => [Number(id), place]));
      return rearrangeChain(deps, projectId, byId, seen);
    },

    putAttachment: (file, contents) => putAttachment(deps, file, contents),

    async remove(id) {
      for (const kind of [KIND.pluginConfig, KIND.pluginConfigStatus])
        await deps.dynamodb.send(new DeleteCommand({ TableName: deps.table, Key: { ...itemKey(kind, id) } }));
      await bumpVersion(deps.dynamodb, deps.table);
    },
  };
}

/** How often a change is tried that others were faster with. */
const ATTEMPTS = 5;

function lastPlace({ configs }: Chain): number {
  return Math.max(0, ...configs.map(({ order }) => order));
}

/** An item without the field has no list. */
function hostsField(allowedHosts: string[] | null | undefined): { allowedHosts?: string[] | undefined } {
  return allowedHosts === undefined ? {} : { allowedHosts: allowedHosts ?? undefined };
}
