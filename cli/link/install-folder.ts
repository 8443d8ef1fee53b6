import type { ApiClient } from '../api-client.ts';
import type { PackedPlugin } from '../pack-plugin.ts';
import { uploadFile } from '../upload-file.ts';
import type { Field } from './field-changes.ts';

/** A plugin as the API shows it: what linking needs of it. */
export interface LinkedPlugin {
  id: number;
  name: string;
  version: number;
  url: string | null;
  config_schema: Field[];
}

const PLUGINS = '/api/organizations/@current/plugins/';

/** Has a plugin's folder built and tried, and makes it the version that runs: of the plugin with that id, or of a new one. @throws ApiError */
export async function installFolder(
  api: ApiClient,
  { content, name }: PackedPlugin,
  pluginId: number | null,
): Promise<LinkedPlugin> {
  const upload = await uploadFile(api, content, () => {});
  const path = pluginId === null ? PLUGINS : `${PLUGINS}${pluginId}/upgrade/`;
  return (await api.request<LinkedPlugin>({ path, method: 'POST', body: { upload, file_name: name } })).body;
}

/**
 * The plugin that a folder was installed as before: of those that were uploaded, the first with its name that no other folder has taken.
 * So a folder that is linked again goes on with its plugin, and a plugin that is in the chain already is not there twice.
 */
export async function findInstalled(
  api: ApiClient,
  name: string | null,
  isTaken: (pluginId: number) => boolean,
): Promise<LinkedPlugin | null> {
  if (name === null) return null;
  const plugins = await api.listAll<LinkedPlugin>(PLUGINS);
  return plugins.find((plugin) => plugin.url === null && plugin.name === name && !isTaken(plugin.id)) ?? null;
}
