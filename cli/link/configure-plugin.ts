import type { ApiClient } from '../api-client.ts';
import { ApiError } from '../api-error.ts';
import { type Field, fieldChanges } from './field-changes.ts';
import type { LinkedPlugin } from './install-folder.ts';

interface PluginConfig {
  id: number;
  plugin: number;
  enabled: boolean;
  config: Record<string, unknown>;
  error: object | null;
}

const CONFIGS = '/api/plugin_config/';

/**
 * Sees to it that a project runs a linked plugin, with values for what plugin.json has now.
 *
 * @param before the fields of the version before; null when there was none
 * @param isFirst whether the folder has just been linked: then it is enabled, too
 * @returns lines for the author
 */
export async function configurePlugin(
  api: ApiClient,
  plugin: LinkedPlugin,
  projectId: number,
  before: readonly Field[] | null,
  isFirst: boolean,
): Promise<string[]> {
  const configs = await api.listAll<PluginConfig>(CONFIGS, { team_id: projectId });
  const found = configs.find((config) => config.plugin === plugin.id);
  if (found === undefined) return addConfig(api, plugin.id, projectId);
  const { values, notes } = fieldChanges(before ?? plugin.config_schema, plugin.config_schema, found.config, found.id);
  // Hoglet disables what does not start: a new version is worth another try. Who has disabled it by hand means it.
  const enable = !found.enabled && (isFirst || found.error !== null);
  if (Object.keys(values).length > 0)
    await api.request({ path: `${CONFIGS}${found.id}/`, method: 'PATCH', body: { config: values } });
  return [...notes, ...(enable ? await enableConfig(api, found.id) : [])];
}

async function addConfig(api: ApiClient, pluginId: number, projectId: number): Promise<string[]> {
  const body = { plugin: pluginId, team_id: projectId };
  const { body: made } = await api.request<PluginConfig>({ path: CONFIGS, method: 'POST', body });
  return enableConfig(api, made.id);
}

/** Not a fault when values are missing: it says how to give them. */
async function enableConfig(api: ApiClient, id: number): Promise<string[]> {
  try {
    await api.request({ path: `${CONFIGS}${id}/`, method: 'PATCH', body: { enabled: true } });
    return [];
  } catch (error) {
    const problems = error instanceof ApiError ? fieldProblems(error) : [];
    if (problems.length === 0) throw error;
    const values = problems.map(({ key }) => `${key}=…`).join(' ');
    return [
      `it is not enabled yet: ${problems.map(({ key, message }) => `${key} ${message}`).join(', ')}. ` +
        `npx hoglet config set ${id} ${values} && npx hoglet config enable ${id}`,
    ];
  }
}

/** What is wrong with values, by the field's key. */
function fieldProblems({ problem }: ApiError): { key: string; message: string }[] {
  const errors = (problem?.['errors'] ?? []) as { path: string; message: string }[];
  return errors.flatMap(({ path, message }) => {
    const [, key] = /^body\.config\.(.+)$/.exec(path) ?? [];
    return key === undefined ? [] : [{ key, message }];
  });
}
