import type { BuiltPlugin } from '../plugins/build.ts';
import type { PluginManifest } from '../plugins/manifest.ts';
import type { PluginCapabilities, PluginConfig } from './plugin-config.ts';

/** Where a plugin came from, nothing secret in it. */
export interface PluginSource {
  /** For example `npm`, `github`, `gitlab`, `url`, `upload`. */
  kind: string;
  /** For people, and to look for updates; null when there is no such place. */
  url: string | null;
}

/** What was installed, to be kept. */
export interface NewPluginVersion {
  built: BuiltPlugin;
  source: PluginSource;
  /** How the source tells this version from others: an npm version, a commit, a tag, a hash. */
  marker: string | null;
  /** All files of the plugin in one archive, to compare versions and to build it again; null when nobody has it. */
  archive: Uint8Array | null;
  /** As a trial load has told. */
  capabilities?: PluginCapabilities;
  metrics?: PluginConfig['metrics'];
  /** Id of the API token, or who else did it. */
  installedBy: string | null;
}

/** A version of a plugin. It never changes, and neither do the objects it names. */
export interface PluginVersion
  extends Pick<NewPluginVersion, 'source' | 'marker' | 'capabilities' | 'metrics' | 'installedBy'> {
  pluginId: number;
  /** Counts the versions of a plugin, from 1, in the order in which they were installed. */
  number: number;
  codeHash: string;
  /** Of the archive, for `readArchive`; null when there is none. */
  archiveHash: string | null;
  manifest: PluginManifest;
  /** ISO 8601. */
  installedAt: string;
}

/** What a look for updates has found; that a version is newer does not make it run. */
export interface LatestVersion {
  /** As `NewPluginVersion.marker`; null when nothing could ever be found. */
  marker: string | null;
  /** ISO 8601. */
  checkedAt: string;
  /** The URL that was asked: of a plugin that comes from elsewhere by now, it says nothing. */
  url?: string | null;
  /** Why nothing could be found this time; what was found before stays. */
  problem?: string;
  /** What the source answered, for whoever asks it the next time. */
  answer?: string;
}

/** A plugin, with the version that runs. */
export interface InstalledPlugin extends Omit<PluginVersion, 'pluginId' | 'number'> {
  id: number;
  name: string;
  /** Number of the version that runs. */
  version: number;
  /** For `switchTo`. */
  revision: number;
  /** Whether a token for its source is kept. */
  hasSourceToken: boolean;
  latest: LatestVersion | null;
}

/** An item's form of a version: plugin.json may hold what DynamoDB's maps cannot, so it is text. */
export type VersionItem = Omit<PluginVersion, 'manifest'> & { manifest: string };

/** plugin.json and all else of a version, as an item. An item takes 400 KB. */
export const MAX_MANIFEST_BYTES = 200_000;

export function versionOf(item: VersionItem): PluginVersion {
  const { revision: _, ...version } = item as VersionItem & { revision?: number };
  return { ...version, manifest: JSON.parse(item.manifest) as PluginManifest };
}
