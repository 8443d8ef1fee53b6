import { join } from 'node:path';
import { buildPlugin } from '../../shared/plugins/build.ts';
import { defaultConfig } from '../../shared/plugins/manifest.ts';
import { readPluginFolder } from '../../shared/plugins/read-plugin-folder.ts';
import type { RegistryWriter } from '../../shared/registry/registry-writer.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples/plugins');

export const DEMO_PROJECT = { id: 1, name: 'Demo' };

/** The chain of the demo project; a plugin's id, and its plugin config's, is its place in it, from 1. */
const CHAIN = ['internal-traffic-dropper', 'property-adder', 'hello-world'];

/**
 * Puts the demo project with the example plugins, each with its default config, into the registry. Doing it again changes nothing.
 *
 * @returns the plugins' names by plugin config id
 */
export async function installDemoProject(writer: RegistryWriter): Promise<Map<number, string>> {
  await writer.putProject(DEMO_PROJECT);
  const names = new Map<number, string>();
  for (const [index, folder] of CHAIN.entries()) {
    const id = index + 1;
    const built = await buildPlugin(await readPluginFolder(join(EXAMPLES, folder)));
    await writer.putPlugin(id, built);
    await writer.putPluginConfig({
      id,
      teamId: DEMO_PROJECT.id,
      pluginId: id,
      enabled: true,
      order: id,
      config: defaultConfig(built.manifest),
      attachments: {},
    });
    names.set(id, built.manifest.name);
  }
  return names;
}
