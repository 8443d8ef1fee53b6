import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { placeInChain } from './chain-order.ts';
import type { ChainItem } from './chain-store.ts';
import type { Plugin, PluginConfig, Project } from './plugin-config.ts';
import { contentsOf, type PluginConfigItem, type PluginConfigStatus } from './plugin-config-item.ts';
import { type ObjectPlace, readVerified } from './plugin-objects.ts';
import { type RegistryTable, readPartition } from './read-items.ts';
import { attachmentKey, codeKey, KIND, VERSION_KEY } from './registry-items.ts';

export type RegistryReaderDeps = RegistryTable & ObjectPlace;

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

export function createRegistryReader(deps: RegistryReaderDeps): RegistryReader {
  const readVersion = async (consistent: boolean): Promise<number> => {
    const { Item } = await deps.dynamodb.send(
      new GetCommand({ TableName: deps.table, Key: VERSION_KEY, ConsistentRead: consistent }),
    );
    return (Item?.['version'] as number | undefined) ?? 0;
  };

  return {
    readVersion: () => readVersion(false),

    async readAll() {
      // The version first: what changes while the rest is read is then seen as a change, at worst once too often.
      const version = await readVersion(true);
      const [projects, chains, plugins, configs, statuses] = await Promise.all([
        readPartition<Project & { revision: number; createdAt?: string }>(deps, KIND.project),
        readPartition<ChainItem>(deps, KIND.chain),
        readPartition<Plugin & { revision: number }>(deps, KIND.plugin),
        readPartition<PluginConfigItem>(deps, KIND.pluginConfig),
        readPartition<PluginConfigStatus & { id: number }>(deps, KIND.pluginConfigStatus),
      ]);
      return {
        version,
        projects: projects.map(asFollowed),
        pluginConfigs: joinConfigs(plugins, placeAll(configs, chains), statuses),
      };
    },

    readCode: async (codeHash) => (await readVerified(deps, codeKey(codeHash), codeHash)).toString('utf8'),

    async readAttachment(key) {
      const [contentHash = ''] = /[^/]*$/.exec(key) ?? [];
      if (key !== attachmentKey(contentHash)) {
        throw new Error(`The key of an attachment must be ${attachmentKey('<sha256>')}; got ${JSON.stringify(key)}`);
      }
      return readVerified(deps, key, contentHash);
    },
  };
}

function asFollowed(item: Project & { revision: number; createdAt?: string }): Project {
  const { revision: _, createdAt: __, ...project } = item;
  return project;
}

/** Each project's plugin configs in the places that its chain gives them. */
function placeAll(configs: PluginConfigItem[], chains: ChainItem[]): PluginConfigItem[] {
  const listByProject = new Map(chains.map(({ id, pluginConfigs }) => [id, pluginConfigs]));
  const byProject = Map.groupBy(configs, ({ teamId }) => teamId);
  const placed = [...byProject].flatMap(([id, own]) => placeInChain(own, listByProject.get(id)));
  return placed.toSorted((a, b) => a.id - b.id);
}

/** The plugin's revision is added to that of its plugin configs. */
function joinConfigs(
  plugins: (Plugin & { revision: number })[],
  configs: PluginConfigItem[],
  statuses: (PluginConfigStatus & { id: number })[],
): PluginConfig[] {
  const pluginById = new Map(plugins.map((plugin) => [plugin.id, plugin]));
  const statusById = new Map(statuses.map(({ id, ...status }) => [id, status]));
  return configs.flatMap((item) => {
    const plugin = pluginById.get(item.pluginId);
    if (plugin === undefined) return [];
    const { id, teamId, enabled, order, allowedHosts } = item;
    const { config, secrets, attachments } = contentsOf(item);
    return {
      id,
      teamId,
      enabled,
      order,
      config,
      attachments,
      ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
      ...(allowedHosts ? { allowedHosts } : {}),
      plugin: { id: plugin.id, name: plugin.name, version: plugin.version ?? 1, codeHash: plugin.codeHash },
      revision: item.revision + plugin.revision,
      ...statusById.get(id),
    };
  });
}
