import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { inParallel } from '../aws/in-parallel.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { changeItem, type Expected } from './change-item.ts';
import {
  createInstalledPlugins,
  type InstalledPlugins,
  type PluginItem,
  readPlugin,
  tokenPlace,
} from './installed-plugins.ts';
import { nextId } from './next-id.ts';
import { readVerified } from './plugin-objects.ts';
import type { InstalledPlugin, NewPluginVersion, PluginVersion } from './plugin-version.ts';
import { keepVersion, readVersion, readVersions, type VersionsDeps, withoutToken } from './plugin-versions.ts';
import { refuseInUse } from './refuse-in-use.ts';
import { archiveKey, bumpVersion, type ItemKey, itemKey, KIND, versionKey } from './registry-items.ts';
import { RegistryRefusal } from './registry-refusal.ts';
import { sealNewSecrets } from './seal-new-secrets.ts';

export interface PluginStoreDeps extends VersionsDeps {
  secrets: Secrets;
}

/** Plugins and their versions. @throws RegistryRefusal, where it does not do what it is asked for. */
export interface PluginStore extends InstalledPlugins {
  /** Installs a plugin, with its first version. `sourceToken` is kept sealed. Refuses (`exists`) a source that is installed already. */
  create(version: NewPluginVersion, sourceToken?: string): Promise<InstalledPlugin>;
  /** Keeps one more version, which nobody runs before `switchTo`; the same one again is not kept twice. */
  addVersion(pluginId: number, version: NewPluginVersion): Promise<PluginVersion>;
  /**
   * Makes a version the one that runs: an update, or a way back. Each execution environment switches between two of its batches, so both
   * run for a while, in different ones. Refuses (`conflict`) when the plugin is not at the revision that the caller saw.
   *
   * @param sourceToken takes the place of the one that is kept, which otherwise goes when the version comes from another site: whoever may
   * choose the site must not learn the token.
   */
  switchTo(
    pluginId: number,
    number: number,
    seen?: { revision: number },
    sourceToken?: string,
  ): Promise<InstalledPlugin>;
  /** The newest first. */
  listVersions(pluginId: number): Promise<PluginVersion[]>;
  findVersion(pluginId: number, number: number): Promise<PluginVersion>;
  /** @throws when it is not there or is not what its hash says. */
  readArchive(archiveHash: string): Promise<Buffer>;
  /** Refuses (`in-use`) while plugin configs use it. Leaves code in the bucket: others may have the same, or still run it. */
  remove(pluginId: number): Promise<void>;
}

export function createPluginStore(deps: PluginStoreDeps): PluginStore {
  const installed = createInstalledPlugins(deps);
  const { find, list } = installed;

  return {
    ...installed,

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
      await readPlugin(deps, pluginId);
      return keepVersion(deps, pluginId, given);
    },

    async switchTo(pluginId, number, seen, sourceToken) {
      const [plugin, version] = await Promise.all([readPlugin(deps, pluginId), readVersion(deps, pluginId, number)]);
      // Done before, perhaps by a process that died before it could tell: then this tells.
      if (plugin.version === number && sourceToken === undefined) await bumpVersion(deps.dynamodb, deps.table);
      else {
        if (seen === undefined || seen.revision === plugin.revision)
          await sealNewSecrets(deps, pluginId, version.manifest);
        const token =
          sourceToken !== undefined
            ? { sourceToken: await deps.secrets.seal(tokenPlace(pluginId), sourceToken) }
            : siteOf(plugin) === siteOf(version)
              ? {}
              : { sourceToken: undefined };
        await activate(deps, pluginId, version, seen ?? 'present', token);
      }
      return find(pluginId);
    },

    async listVersions(pluginId) {
      await readPlugin(deps, pluginId);
      return readVersions(deps, pluginId);
    },

    findVersion: (pluginId, number) => readVersion(deps, pluginId, number),

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

/** Where a version's token may be sent. */
function siteOf({ source: { url } }: Pick<PluginVersion, 'source'>): string | null {
  const parsed = URL.parse(url ?? '');
  return parsed && `${parsed.protocol}//${parsed.host}`;
}
