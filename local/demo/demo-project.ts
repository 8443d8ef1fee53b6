import { join } from 'node:path';
import { readPluginFolder } from '../../shared/plugins/read-plugin-folder.ts';
import type { AdminCall } from './admin-client.ts';
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
 * Makes the demo project by the admin API, as a user would: installs example plugins, those that need nothing but events and, if there is an
 * outside to tell, the others, and puts them into the project's chain in this order, each with its defaults and switched on.
 *
 * @returns the plugins' names by plugin config id
 */
export async function installDemoProject(call: AdminCall, outside?: DemoSink['urls']): Promise<Map<number, string>> {
  await call('POST', '/api/projects/', DEMO_PROJECT);
  const names = new Map<number, string>();
  for (const { folder, config = {} } of [...CHAIN, ...(outside ? outward(outside) : [])]) {
    const files = await readPluginFolder(join(EXAMPLES, folder));
    const source = Object.fromEntries([...files].map(([path, content]) => [path, Buffer.from(content).toString()]));
    const plugin = await call<{ id: number; name: string }>('POST', PLUGINS, { source });
    const made = { plugin: plugin.id, team_id: DEMO_PROJECT.id, enabled: true, config };
    const { id } = await call<{ id: number }>('POST', '/api/plugin_config/', made);
    names.set(id, plugin.name);
  }
  return names;
}

const PLUGINS = '/api/organizations/@current/plugins/';
