import type { PluginManifest } from '../plugins/manifest.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { type ChangeDeps, storeItem } from './change-item.ts';
import { changeContents } from './config-values.ts';
import { contentsFields, contentsOf, type PluginConfigItem } from './plugin-config-item.ts';
import { readPartition } from './read-items.ts';
import { itemKey, KIND } from './registry-items.ts';
import { sealContents } from './seal-contents.ts';

/**
 * Seals what will be secret by a plugin.json, and was entered when it was not: before that plugin.json counts. What a writer changes at
 * the same moment is sealed with its next change.
 */
export async function sealNewSecrets(
  deps: ChangeDeps & { secrets: Secrets },
  pluginId: number,
  manifest: Pick<PluginManifest, 'config'>,
): Promise<void> {
  const items = await readPartition<PluginConfigItem>(deps, KIND.pluginConfig);
  for (const item of items.filter((each) => each.pluginId === pluginId)) {
    const contents = changeContents(manifest, contentsOf(item));
    if (contents.toSeal.size === 0) continue;
    await storeItem(deps, {
      key: itemKey(KIND.pluginConfig, item.id),
      what: `plugin config ${item.id}`,
      fields: contentsFields(await sealContents(deps.secrets, item.id, contents)),
      expected: { revision: item.revision },
    });
  }
}
