import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { inParallel } from '../aws/in-parallel.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { changeItem, type Expected, type Revised } from './change-item.ts';
import { nextId } from './next-id.ts';
import { readVerified } from './plugin-objects.ts';
import {
  type InstalledPlugin,
  type LatestVersion,
  type NewPluginVersion,
  type PluginVersion,
  type VersionItem,
  versionOf,
} from './plugin-version.ts';
import { keepVersion, readVersion, readVersions, type VersionsDeps, withoutToken } from './plugin-versions.ts';
import { readItem, readPartition } from './read-items.ts';
import { refuseInUse } from './refuse-in-use.ts';
import { archiveKey, bumpVersion, type ItemKey, itemKey, KIND, versionKey } from './registry-items.ts';
import { notFound, RegistryRefusal } from './registry-refusal.ts';
import { sealNewSecrets } from './seal-new-secrets.ts';
import { writeStatus } from './write-status.ts';

export interface PluginStoreDeps extends VersionsDeps {
  secrets: Secrets;
}

/** Plugins and their versions. @throws RegistryRefusal, where it does not do what it is asked for. */
export interface PluginStore {
  /** Installs a plugin, with its first version. `sourceToken` is kept sealed. Refuses (`exists`) a source that is installed already. */
  create(version: NewPluginVersion, sourceToken?: string): Promise<InstalledPlugin>;
  /** Keeps one more version, which nobody runs before `switchTo`; the same one again is not kept twice. */
  addVersion(pluginId: number, version: NewPluginVersion): Promise<PluginVersion>;
  /**
   * Makes a version the one that runs: an update, or a way back. Each execution environment switches between two of its batches, so both
   * run for a while, in different ones. Refuses (`conflict`) when the plugin is not at the revision that the caller saw.
   */
  switchTo(pluginId: number, number: number, seen?: { revision: number }): Promise<InstalledPlugin>;
  /** All plugins, by id. */
  list(): Promise<InstalledPlugin[]>;
  find(pluginId: number): Promise<InstalledPlugin>;
  /** The newest first. */
  listVersions(pluginId: number): Promise<PluginVersion[]>;
  findVersion(pluginId: number, number: number): Promise<PluginVersion>;
  /** Remembers what a look for updates has found. Is no change: nothing is loaded anew. */
  recordLatest(pluginId: number, latest: LatestVersion): Promise<void>;
  /** Null when none is kept. */
  readSourceToken(pluginId: number): Promise<string | null>;
  /** @throws when it is not there or is not what its hash says. */
  readArchive(archiveHash: string): Promise<Buffer>;
  /** Refuses (`in-use`) while plugin configs use it. Leaves code in the bucket: others may have the same, or still run it. */
  remove(pluginId: number): Promise<void>;
}

/** A plugin as it lies in the table. */
export type PluginItem = Omit<VersionItem, 'pluginId' | 'number'> & {
  id: number;
  name: string;
  version: number;
  sourceToken?: string;
};

export function createPluginStore(deps: PluginStoreDeps): PluginStore {
  const read = async (id: number): Promise<Revised<PluginItem>> => {
    const item = await readItem<Revised<PluginItem>>(deps, itemKey(KIND.plugin, id));
    if (item === undefined) throw notFound(`plugin ${id}`);
    return item;
  };
  const find = async (id: number): Promise<InstalledPlugin> =>
    pluginOf(await read(id), await readItem<PluginStatus>(deps, itemKey(KIND.pluginStatus, id)));

  const list = async (): Promise<InstalledPlugin[]> => {
    const [plugins, statuses] = await Promise.all([
      readPartition<Revised<PluginItem>>(deps, KIND.plugin),
      readPartition<PluginStatus>(deps, KIND.pluginStatus),
    ]);
    const statusById = new Map(statuses.map((status) => [status.id, status]));
    return plugins.map((plugin) => pluginOf(plugin, statusById.get(plugin.id)));
  };

  return {
    async create(given, sourceToken) {
      const { url } = given.source;
      const wanted = withoutToken(url);
      const twin = url === null ? undefined : (await list()).find(({ source }) => source.url === wanted);
      if (twin !== undefined)
        throw new RegistryRefusal('exists', `Plugin ${twin.id}, ${twin.name}, is installed from ${twin.source.url}`);
      for (;;) {
        const id = await nextId(deps, KIND.plugin);
        const token = sourceToken === undefined ? undefined : await deps.secrets.seal(tokenPlace(id), sourceToken);
        const version = await keepVersion(deps, id, given);
        // Who installs under an id of their own choice may have been faster.
        if (await activate(deps, id, version, 'absent', { sourceToken: token })) return find(id);
      }
    },

    async addVersion(pluginId, given) {
      await read(pluginId);
      return keepVersion(deps, pluginId, given);
    },

    async switchTo(pluginId, number, seen) {
      const [plugin, version] = await Promise.all([read(pluginId), readVersion(deps, pluginId, number)]);
      // Done before, perhaps by a process that died before it could tell: then this tells.
      if (plugin.version === number) await bumpVersion(deps.dynamodb, deps.table);
      else {
        if (seen === undefined || seen.revision === plugin.revision)
          await sealNewSecrets(deps, pluginId, version.manifest);
        await activate(deps, pluginId, version, seen ?? 'present');
      }
      return find(pluginId);
    },

    list,
    find,

    async listVersions(pluginId) {
      await read(pluginId);
      return readVersions(deps, pluginId);
    },

    findVersion: (pluginId, number) => readVersion(deps, pluginId, number),

    recordLatest: (pluginId, latest) => writeStatus(deps, KIND.pluginStatus, pluginId, { latest }),

    async readSourceToken(pluginId) {
      const { sourceToken } = await read(pluginId);
      return sourceToken === undefined ? null : String(await deps.secrets.open(tokenPlace(pluginId), sourceToken));
    },

    readArchive: (archiveHash) => readVerified(deps, archiveKey(archiveHash), archiveHash),

    async remove(pluginId) {
      await refuseInUse(deps, 'plugin', pluginId);
      const remove = async (key: ItemKey) =>
        void (await deps.dynamodb.send(new DeleteCommand({ TableName: deps.table, Key: { ...key } })));
      await remove(itemKey(KIND.plugin, pluginId));
      await bumpVersion(deps.dynamodb, deps.table);
      await remove(itemKey(KIND.pluginStatus, pluginId));
      const versions = await readVersions(deps, pluginId);
      await inParallel(versions, CONCURRENT_DELETIONS, ({ number }) => remove(versionKey(pluginId, number)));
    },
  };
}

interface PluginStatus {
  id: number;
  latest?: LatestVersion;
}

const CONCURRENT_DELETIONS = 8;

/** Makes a version that is kept the one that the plugin's item says. False when there is a plugin although there should be none. */
export async function activate(
  deps: VersionsDeps,
  id: number,
  version: PluginVersion,
  expected: Expected,
  more: { sourceToken?: string | undefined } = {},
): Promise<boolean> {
  const { number, manifest, pluginId: _, ...rest } = version;
  const stored = await changeItem<PluginItem>(deps, {
    key: itemKey(KIND.plugin, id),
    what: `plugin ${id}`,
    fields: {
      ...rest,
      ...more,
      // Named, so that those of the version before go when this one has none.
      capabilities: version.capabilities,
      metrics: version.metrics,
      id,
      version: number,
      name: manifest.name,
      manifest: JSON.stringify(manifest),
    },
    expected,
  });
  return stored !== null;
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

function tokenPlace(pluginId: number) {
  return [KIND.plugin, pluginId, 'sourceToken'] as const;
}
