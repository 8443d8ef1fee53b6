import { join } from 'node:path';
import { buildPlugin } from '../../shared/plugins/build.ts';
import { defaultConfig } from '../../shared/plugins/manifest.ts';
import { readPluginFolder } from '../../shared/plugins/read-plugin-folder.ts';
import type { RegistryWriter } from '../../shared/registry/registry-writer.ts';
import type { DemoSink } from './demo-sink.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples/plugins');

export const DEMO_PROJECT = { id: 1, name: 'Demo' };

/** An example plugin, and what its config has beyond the defaults. */
interface DemoPlugin {
  folder: string;
  config?: Record<string, string>;
}

/** Plugins that need nothing but events. */
const CHAIN: readonly DemoPlugin[] = [
  { folder: 'internal-traffic-dropper' },
  { folder: 'property-adder' },
  { folder: 'hello-world' },
];

/** What people do in the demo's events that is worth following up. */
export const FOLLOWED_UP_EVENT = 'signed up';

/** Plugins that tell somebody outside. */
function outward({ exports, followUps, counts }: DemoSink['urls']): DemoPlugin[] {
  return [
    { folder: 'event-counter', config: { url: counts } },
    { folder: 'follow-up', config: { url: followUps, event: FOLLOWED_UP_EVENT, minutes: '5' } },
    { folder: 'http-exporter', config: { url: exports } },
  ];
}

/**
 * Puts the demo project with example plugins, each with its default config, into the registry: those that need nothing but events and,
 * if there is an outside to tell, the others. A plugin's id, and its plugin config's, is its place in the chain, from 1.
 * Doing it again changes nothing.
 *
 * @returns the plugins' names by plugin config id
 */
export async function installDemoProject(
  writer: RegistryWriter,
  outside?: DemoSink['urls'],
): Promise<Map<number, string>> {
  await writer.putProject(DEMO_PROJECT);
  const names = new Map<number, string>();
  for (const [index, { folder, config }] of [...CHAIN, ...(outside ? outward(outside) : [])].entries()) {
    const id = index + 1;
    const built = await buildPlugin(await readPluginFolder(join(EXAMPLES, folder)));
    await writer.putPlugin(id, built);
    await writer.putPluginConfig({
      id,
      teamId: DEMO_PROJECT.id,
      pluginId: id,
      enabled: true,
      order: id,
      config: { ...defaultConfig(built.manifest), ...config },
      attachments: {},
    });
    names.set(id, built.manifest.name);
  }
  return names;
}
