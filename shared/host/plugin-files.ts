import type { PluginAttachment, PluginConfig } from '../registry/plugin-config.ts';
import type { SandboxAttachment, SandboxPlugin } from '../sandbox/protocol.ts';

export interface PluginFilesDeps {
  /** A plugin's code by its hash. */
  readCode(codeHash: string): Promise<string>;
  /** An attachment's bytes by its key, which is made from the hash of the content. */
  readAttachment(key: string): Promise<Buffer>;
  /** The values of a plugin config's secrets, by field key. @throws an error for its owner when one cannot be opened. */
  openSecrets(config: Pick<PluginConfig, 'id' | 'secrets'>): Promise<Record<string, unknown>>;
}

/** Reads what lies in the bucket, once: what has a hash for a name never changes. */
export interface PluginFiles {
  /** Completes a plugin config with its code, attachments and secrets. @throws when one of them cannot be read. */
  complete(config: PluginConfig): Promise<SandboxPlugin>;
  /** Forgets the files that none of these plugin configs has. */
  keepOnly(configs: Iterable<PluginConfig>): void;
}

export function createPluginFiles({ readCode, readAttachment, openSecrets }: PluginFilesDeps): PluginFiles {
  const code = new Map<string, Promise<string>>();
  const attachments = new Map<string, Promise<string>>();

  const complete = async ([field, { key, contentType, fileName }]: [string, PluginAttachment]): Promise<
    [string, SandboxAttachment]
  > => {
    const read = async () => (await readAttachment(key)).toString('base64');
    return [field, { contentType, fileName, contentsBase64: await once(attachments, key, read) }];
  };

  return {
    async complete({ id, teamId, plugin, config, secrets, attachments: files, allowedHosts }) {
      const [text, opened, ...completed] = await Promise.all([
        once(code, plugin.codeHash, () => readCode(plugin.codeHash)),
        secrets === undefined ? {} : openSecrets({ id, secrets }),
        ...Object.entries(files).map(complete),
      ]);
      return {
        id,
        teamId,
        name: plugin.name,
        code: text,
        config: { ...config, ...opened },
        ...(allowedHosts === undefined ? {} : { allowedHosts }),
        ...(completed.length === 0 ? {} : { attachments: Object.fromEntries(completed) }),
      };
    },

    keepOnly(configs) {
      const all = [...configs];
      keep(code, new Set(all.map(({ plugin }) => plugin.codeHash)));
      keep(attachments, new Set(all.flatMap((config) => Object.values(config.attachments).map(({ key }) => key))));
    },
  };
}

/** Reads at most once at a time; what could not be read is read anew the next time. */
function once(cache: Map<string, Promise<string>>, key: string, read: () => Promise<string>): Promise<string> {
  const known = cache.get(key) ?? read();
  cache.set(key, known);
  known.catch(() => cache.delete(key));
  return known;
}

function keep(cache: Map<string, unknown>, keys: ReadonlySet<string>): void {
  for (const key of cache.keys()) if (!keys.has(key)) cache.delete(key);
}
