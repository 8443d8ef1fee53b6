import type { ConfigContents } from './config-values.ts';
import type { PluginAttachment, PluginConfig } from './plugin-config.ts';

/** A plugin config as it lies in the table. */
export interface PluginConfigItem {
  id: number;
  teamId: number;
  pluginId: number;
  enabled: boolean;
  /** Its place until the chain is rearranged. */
  order: number;
  /** JSON text: values may be what DynamoDB's maps cannot hold. */
  config: string;
  secrets?: Record<string, string>;
  attachments: Record<string, PluginAttachment>;
  allowedHosts?: string[];
  revision: number;
}

/** What functions say of a plugin config, in an item of its own. */
export type PluginConfigStatus = Pick<PluginConfig, 'error' | 'setup' | 'capabilities' | 'metrics'>;

export function contentsOf({ config, secrets = {}, attachments }: PluginConfigItem): ConfigContents {
  return { config: JSON.parse(config) as Record<string, unknown>, secrets, attachments };
}

/** An item with more than this has no room for the rest: DynamoDB takes 400 KB. */
export const MAX_CONTENTS_BYTES = 350_000;

/** Contents as fields of an item. */
export function contentsFields({ config, secrets, attachments }: ConfigContents) {
  return { config: JSON.stringify(config), secrets, attachments } satisfies Partial<PluginConfigItem>;
}

/** Names the key that takes most, when all of it is too much. */
export function problemOfSize({ config, secrets, attachments }: ConfigContents): Record<string, string> {
  const sizes = Object.entries({ ...attachments, ...config, ...secrets }).map(
    ([key, value]) => [key, Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value))] as const,
  );
  const bytes = sizes.reduce((sum, [, size]) => sum + size, 0);
  if (bytes <= MAX_CONTENTS_BYTES) return {};
  const [key = '', size] = sizes.toSorted(([, a], [, b]) => b - a)[0] ?? [];
  return {
    [key]: `has ${size} bytes; all values together may have ${MAX_CONTENTS_BYTES} and have ${bytes}: upload what is large as an attachment`,
  };
}
