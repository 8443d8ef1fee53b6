import type { InstalledPlugins } from '../shared/registry/installed-plugins.ts';
import type { InstalledPlugin } from '../shared/registry/plugin-version.ts';
import type { UpdateCheck } from '../shared/sources/check-for-updates.ts';
import type { PluginSources } from '../shared/sources/plugin-sources.ts';
import { createSecret, type Secret } from '../shared/sources/secret.ts';

export interface CheckPluginDeps {
  plugins: Pick<InstalledPlugins, 'readSourceToken' | 'recordLatest'>;
  sources: Pick<PluginSources, 'parse' | 'check'>;
  now: () => number;
}

/**
 * Asks a plugin's source whether there is a newer version, and remembers the answer, or why there was none; what an earlier look has found
 * stays then. A source that has not changed since then need not say it again.
 *
 * @returns null for a plugin that was uploaded: there is nobody to ask
 * @throws SourceError, and what the registry throws
 */
export async function checkPlugin(deps: CheckPluginDeps, plugin: InstalledPlugin): Promise<UpdateCheck | null> {
  const { id, source, marker } = plugin;
  const last = lastCheck(plugin);
  const asked = { checkedAt: new Date(deps.now()).toISOString(), url: source.url };
  try {
    const found = await askSource(deps, plugin, last);
    const latest = found === null ? null : found.isNewer ? found.latest.marker : marker;
    const answer = found === null ? {} : { answer: JSON.stringify(found) };
    await deps.plugins.recordLatest(id, { ...asked, ...answer, marker: latest });
    return found;
  } catch (error) {
    if ((error as Error).name !== 'SourceError') throw error;
    const before = plugin.latest?.url === source.url ? plugin.latest : null;
    const answer = before?.answer === undefined ? {} : { answer: before.answer };
    const problem = (error as Error).message;
    await deps.plugins.recordLatest(id, { ...asked, ...answer, marker: before?.marker ?? null, problem });
    throw error;
  }
}

/** The token that is kept for a plugin's own source. */
export async function keptToken({ plugins }: Pick<CheckPluginDeps, 'plugins'>, id: number): Promise<Secret | null> {
  const token = await plugins.readSourceToken(id);
  return token === null ? null : createSecret(token);
}

async function askSource(
  deps: CheckPluginDeps,
  { id, source, marker }: InstalledPlugin,
  last: UpdateCheck | null,
): Promise<UpdateCheck | null> {
  if (source.url === null) return null;
  const parsed = deps.sources.parse(source.url);
  return deps.sources.check(
    { source: parsed.source, marker: marker ?? '', label: '' },
    last,
    await keptToken(deps, id),
  );
}

function lastCheck({ latest }: Pick<InstalledPlugin, 'latest'>): UpdateCheck | null {
  return latest?.answer === undefined ? null : (JSON.parse(latest.answer) as UpdateCheck);
}
