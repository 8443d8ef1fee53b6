import type { Secrets } from '../secrets/secrets.ts';
import type { Revised } from './change-item.ts';
import { type InstalledPlugin, type LatestVersion, type VersionItem, versionOf } from './plugin-version.ts';
import { type RegistryTable, readItem, readPartition } from './read-items.ts';
import { itemKey, KIND } from './registry-items.ts';
import { notFound } from './registry-refusal.ts';
import { writeStatus } from './write-status.ts';

export interface InstalledPluginsDeps extends RegistryTable {
  secrets: Secrets;
}

/** Plugins as they are, for whoever does not change them. @throws RegistryRefusal `not-found` */
export interface InstalledPlugins {
  /** All plugins, by id. */
  list(): Promise<InstalledPlugin[]>;
  find(pluginId: number): Promise<InstalledPlugin>;
  /** Remembers what a look for updates has found. Is no change: nothing is loaded anew. */
  recordLatest(pluginId: number, latest: LatestVersion): Promise<void>;
  /** Null when none is kept. */
  readSourceToken(pluginId: number): Promise<string | null>;
}

/** A plugin as it lies in the table. */
export type PluginItem = Omit<VersionItem, 'pluginId' | 'number'> & {
  id: number;
  name: string;
  version: number;
  sourceToken?: string;
};

interface PluginStatus {
  id: number;
  latest?: LatestVersion;
}

export function createInstalledPlugins(deps: InstalledPluginsDeps): InstalledPlugins {
  return {
    async list() {
      const [plugins, statuses] = await Promise.all([
        readPartition<Revised<PluginItem>>(deps, KIND.plugin),
        readPartition<PluginStatus>(deps, KIND.pluginStatus),
      ]);
      const statusById = new Map(statuses.map((status) => [status.id, status]));
      return plugins.map((plugin) => pluginOf(plugin, statusById.get(plugin.id)));
    },

    async find(pluginId) {
      const plugin = await readPlugin(deps, pluginId);
      return pluginOf(plugin, await readItem<PluginStatus>(deps, itemKey(KIND.pluginStatus, pluginId)));
    },

    recordLatest: (pluginId, latest) => writeStatus(deps, KIND.pluginStatus, pluginId, { latest }),

    async readSourceToken(pluginId) {
      const { sourceToken } = await readPlugin(deps, pluginId);
      return sourceToken === undefined ? null : String(await deps.secrets.open(tokenPlace(pluginId), sourceToken));
    },
  };
}

/** @throws RegistryRefusal `not-found` */
export async function readPlugin(table: RegistryTable, id: number): Promise<Revised<PluginItem>> {
  const item = await readItem<Revised<PluginItem>>(table, itemKey(KIND.plugin, id));
  if (item === undefined) throw notFound(`plugin ${id}`);
  return item;
}

/** A token that is sealed for one plugin opens for no other. */
export function tokenPlace(pluginId: number) {
  return [KIND.plugin, pluginId, 'sourceToken'] as const;
}

function pluginOf(item: Revised<PluginItem>, status: PluginStatus | undefined): InstalledPlugin {
  const { id, name, version, sourceToken, revision, ...rest } = item;
  const { pluginId: _, number: __, ...common } = versionOf({ ...rest, pluginId: id, number: version });
  return {
    ...common,
    id,
    name,
    version,
    revision,
    hasSourceToken: sourceToken !== undefined,
    latest: status?.latest ?? null,
  };
}
