import type { PluginManifest } from '../plugins/manifest.ts';
import type { PluginCapabilities, PluginMetricOperation } from '../registry/plugin-config.ts';
import type { PluginSource } from './plugin-source.ts';

/** The files of a plugin by their path within it, `/` between folders; plugin.json lies at the top. */
export type FileSet = ReadonlyMap<string, Uint8Array>;

/** A part of an archive that is left out, because it belongs to an author's workshop and no plugin can mean it. */
export interface IgnoredFiles {
  /** `.git`, `lib/node_modules/.bin`: folder or file, as the plugin would have seen it. */
  path: string;
  files: number;
}

/** One exact version of a source. What is stored beside a plugin, so that it can be asked later whether there is a newer one. */
export interface SourceVersion {
  /** Says exactly where from: a branch whose name had to be found out is named, a folder is apart from it. */
  source: PluginSource;
  /** Which state: a version of npm, the sha of a commit, `sha256:<hex>` of an archive's or an upload's content. PostHog's `tag`. */
  marker: string;
  /** The same for people: `1.2.3`, a tag, the beginning of a sha. */
  label: string;
}

/** A plugin as its author published it, not yet built. */
export interface FetchedPlugin extends SourceVersion {
  files: FileSet;
  ignored: IgnoredFiles[];
  /** What the site calls this state, for the next check for updates; null when it did not say. */
  etag: string | null;
}

/** A plugin that was built and has been loaded once: everything there is to store of a version. Nothing in it changes afterwards. */
export interface BuiltVersion extends SourceVersion {
  manifest: PluginManifest;
  /** A script for the plugin host, with its source map; see `BuiltPlugin`. */
  code: string;
  /** sha256 of `code`, hex: the key of the code. */
  codeHash: string;
  capabilities: PluginCapabilities;
  /** The metrics that the plugin declares, by name. */
  metrics: Record<string, PluginMetricOperation>;
  /**
   * What the author wrote, as a tar.gz that `unpackArchive` reads: for differences to later versions and to go back to. The same files
   * give the same tar; compressed it may differ between versions of zlib, so `filesHash` is what to compare.
   */
  archive: Uint8Array;
  /** sha256 over the paths and contents of all files, hex: two versions that have the same are the same. */
  filesHash: string;
}
