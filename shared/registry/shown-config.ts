import type { PluginManifest } from '../plugins/manifest.ts';
import { secretKeys } from './check-config.ts';
import type { PluginAttachment } from './plugin-config.ts';
import { contentsOf, type PluginConfigItem, type PluginConfigStatus } from './plugin-config-item.ts';

/** A plugin config as it may be shown: of secrets, only whether they are set. */
export interface ShownPluginConfig extends PluginConfigStatus {
  id: number;
  projectId: number;
  pluginId: number;
  enabled: boolean;
  /** Place in the project's chain, ascending. */
  order: number;
  values: Record<string, unknown>;
  /** Whether it is set, by the key of each secret field. */
  secrets: Record<string, boolean>;
  attachments: Record<string, PluginAttachment>;
  /** Null: all that are public. */
  allowedHosts: string[] | null;
  /** For `update`. */
  revision: number;
}

/** What plugin.json calls secret is not shown, also while it lies there plain; what is sealed was secret when it was entered. */
export function showConfig(
  item: PluginConfigItem,
  manifest: Pick<PluginManifest, 'config'>,
  status: PluginConfigStatus | undefined,
): ShownPluginConfig {
  const { id, teamId, pluginId, enabled, order, attachments, allowedHosts = null, revision } = item;
  const { config, secrets } = contentsOf(item);
  const hidden = new Set([...secretKeys(manifest), ...Object.keys(secrets)]);
  const isSet = (key: string) => Object.hasOwn(secrets, key) || (Object.hasOwn(config, key) && config[key] !== '');
  const { error, setup, capabilities, metrics } = status ?? {};
  return {
    id,
    projectId: teamId,
    pluginId,
    enabled,
    order,
    values: Object.fromEntries(Object.entries(config).filter(([key]) => !hidden.has(key))),
    secrets: Object.fromEntries([...hidden].map((key) => [key, isSet(key)])),
    attachments,
    allowedHosts,
    revision,
    ...(error && { error }),
    ...(setup && { setup }),
    ...(capabilities && { capabilities }),
    ...(metrics && { metrics }),
  };
}
