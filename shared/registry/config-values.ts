import type { PluginManifest } from '../plugins/manifest.ts';
import type { ConfigForm } from './check-config.ts';
import { SECRET_MASK, secretKeys } from './check-config.ts';
import type { PluginAttachment } from './plugin-config.ts';

/** What a plugin config holds: plain values, sealed secrets, files by reference; each by the key of its field. */
export interface ConfigContents {
  config: Record<string, unknown>;
  secrets: Record<string, string>;
  attachments: Record<string, PluginAttachment>;
}

/** What is to be changed, by key: null takes a value away, keys that are left out stay. */
export interface ContentsChange {
  values?: Readonly<Record<string, unknown>>;
  attachments?: Readonly<Record<string, PluginAttachment | null>>;
}

/** Contents after a change, with the secrets that are still to be sealed. */
export interface ChangedContents extends ConfigContents {
  toSeal: ReadonlyMap<string, unknown>;
}

/**
 * Changes contents. What is secret by plugin.json, and lies there plain because it was not when it was entered, is to be sealed as well.
 * An empty text is no secret: it takes one away, and stays as it was entered.
 */
export function changeContents(
  manifest: Pick<PluginManifest, 'config'>,
  before: ConfigContents,
  { values = {}, attachments = {} }: ContentsChange = {},
): ChangedContents {
  const secretOnes = secretKeys(manifest);
  const config = new Map(Object.entries(before.config));
  const secrets = new Map(Object.entries(before.secrets));
  for (const [key, value] of Object.entries(values)) {
    if (value === SECRET_MASK && (secretOnes.has(key) || secrets.has(key))) continue;
    secrets.delete(key);
    // A value that is set again keeps its place: what is read is then the same as before.
    if (value === null || value === undefined) config.delete(key);
    else config.set(key, value);
  }
  const toSeal = new Map([...config].filter(([key, value]) => secretOnes.has(key) && value !== '' && value !== null));
  for (const key of toSeal.keys()) {
    config.delete(key);
    secrets.delete(key);
  }
  const files = Object.entries({ ...before.attachments, ...attachments });
  return {
    config: Object.fromEntries(config),
    secrets: Object.fromEntries(secrets),
    attachments: Object.fromEntries(files.filter((entry): entry is [string, PluginAttachment] => entry[1] !== null)),
    toSeal,
  };
}

/** As the owner sees them. */
export function formOf({ config, secrets, attachments, toSeal }: ChangedContents): ConfigForm {
  return {
    values: config,
    secrets: new Set([...Object.keys(secrets), ...toSeal.keys()]),
    entered: toSeal,
    attachments: new Set(Object.keys(attachments)),
  };
}
