import { type ChangeDeps, storeItem } from './change-item.ts';
import { type ObjectPlace, putVersionObjects } from './plugin-objects.ts';
import {
  MAX_MANIFEST_BYTES,
  type NewPluginVersion,
  type PluginVersion,
  type VersionItem,
  versionOf,
} from './plugin-version.ts';
import { readItem, readPartition } from './read-items.ts';
import { versionKey } from './registry-items.ts';
import { notFound, refuseInvalid } from './registry-refusal.ts';

export type VersionsDeps = ChangeDeps & ObjectPlace;

/** All versions of a plugin, the newest first. */
export async function readVersions(deps: VersionsDeps, pluginId: number): Promise<PluginVersion[]> {
  const items = await readPartition<VersionItem>(deps, versionKey(pluginId, 0).pk);
  return items.toReversed().map(versionOf);
}

/** @throws RegistryRefusal `not-found` */
export async function readVersion(deps: VersionsDeps, pluginId: number, number: number): Promise<PluginVersion> {
  const item = await readItem<VersionItem>(deps, versionKey(pluginId, number));
  if (item === undefined) throw notFound(`version ${number} of plugin ${pluginId}`);
  return versionOf(item);
}

/**
 * Keeps a version: first what it consists of, then the item that names it. Nobody runs it by that, so readers are not told.
 * What is there already, the same content with the same marker, is not kept twice: a command that died half way can be repeated.
 *
 * @throws RegistryRefusal `invalid` when plugin.json is too large
 */
export async function keepVersion(
  deps: VersionsDeps,
  pluginId: number,
  given: NewPluginVersion,
): Promise<PluginVersion> {
  const manifest = JSON.stringify(given.built.manifest);
  const bytes = Buffer.byteLength(manifest);
  refuseInvalid(
    'plugin',
    bytes > MAX_MANIFEST_BYTES ? { 'plugin.json': `has ${bytes} bytes; up to ${MAX_MANIFEST_BYTES} are kept` } : {},
  );
  const archiveHash = await putVersionObjects(deps, given.built, given.archive);
  const { codeHash } = given.built;
  const { marker, capabilities, metrics, installedBy } = given;
  for (;;) {
    const versions = await readVersions(deps, pluginId);
    const same = versions.find(
      (each) =>
        each.codeHash === codeHash &&
        each.archiveHash === archiveHash &&
        each.marker === marker &&
        JSON.stringify(each.manifest) === manifest,
    );
    if (same !== undefined) return same;
    const number = (versions[0]?.number ?? 0) + 1;
    const { stored } = await storeItem<VersionItem>(deps, {
      key: versionKey(pluginId, number),
      what: `version ${number} of plugin ${pluginId}`,
      fields: {
        pluginId,
        number,
        codeHash,
        archiveHash,
        source: { kind: given.source.kind, url: withoutToken(given.source.url) },
        marker,
        manifest,
        capabilities,
        metrics,
        installedBy,
        installedAt: new Date(deps.now()).toISOString(),
      },
      expected: 'absent',
    });
    // Somebody else took the number: theirs may be the same version.
    if (stored !== null) return versionOf(stored);
  }
}

/** A URL may hold a token, which belongs elsewhere. */
export function withoutToken(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return url;
  const clean = new URL(url);
  clean.username = '';
  clean.password = '';
  clean.searchParams.delete('private_token');
  return clean.href;
}
