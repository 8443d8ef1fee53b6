import type { Secrets } from '../secrets/secrets.ts';
import type { ChangedContents, ConfigContents } from './config-values.ts';
import { KIND } from './registry-items.ts';

/** Seals what is to be sealed, each value for its field of this plugin config. */
export async function sealContents(
  secrets: Secrets,
  pluginConfigId: number,
  { toSeal, ...contents }: ChangedContents,
): Promise<ConfigContents> {
  const sealed = await Promise.all(
    [...toSeal].map(async ([key, value]) => [key, await secrets.seal(placeOf(pluginConfigId, key), value)] as const),
  );
  return { ...contents, secrets: { ...contents.secrets, ...Object.fromEntries(sealed) } };
}

/** The values of a plugin config's secrets. @throws for the first one that cannot be opened, and names it. */
export async function openSecrets(
  secrets: Secrets,
  { id, secrets: sealed = {} }: { id: number; secrets?: Record<string, string> },
): Promise<Record<string, unknown>> {
  const opened = await Promise.all(
    Object.entries(sealed).map(async ([key, text]) => [key, await secrets.open(placeOf(id, key), text)] as const),
  );
  return Object.fromEntries(opened);
}

function placeOf(pluginConfigId: number, key: string) {
  return [KIND.pluginConfig, pluginConfigId, key] as const;
}
