import { randomUUID } from 'node:crypto';
import { buildPlugin } from '../../shared/plugins/build.ts';
import type { PluginConfig } from '../../shared/registry/plugin-config.ts';
import type { NewPluginConfig } from '../../shared/registry/registry-writer.ts';
import type { FlowStack } from './flow-stack.ts';
import { eventOf } from './plugin-host.ts';

/** A project of its own for one test, so that tests can share a stack. */
export interface FlowProject {
  id: number;
  /** Ids of its plugin configs, in the order of the chain. */
  pluginConfigs: number[];
  /** A whole, valid event of this project with a uuid of its own. */
  event(overrides?: Record<string, unknown>): Record<string, unknown>;
  /** Installs other code for the plugin behind a plugin config. */
  upgrade(pluginConfig: number, code: string): Promise<void>;
  /** Changes a plugin config. */
  change(pluginConfig: number, changes: Partial<NewPluginConfig>): Promise<void>;
  /** The plugin config as the registry has it now. */
  read(pluginConfig: number): Promise<PluginConfig | undefined>;
}

export interface FlowPlugin {
  name: string;
  code: string;
  config?: Record<string, unknown>;
}

/** Ids are counted up per stack; a plugin and its plugin config have the same. */
const lastIds = new WeakMap<FlowStack, number>();

/** Puts a project with these plugins, in this order, into the registry. */
export async function installProject(flow: FlowStack, plugins: FlowPlugin[]): Promise<FlowProject> {
  const nextId = () => {
    const id = (lastIds.get(flow) ?? 0) + 1;
    lastIds.set(flow, id);
    return id;
  };
  const { registry } = flow;
  const projectId = nextId();
  const names = new Map<number, string>();
  const configs = new Map<number, NewPluginConfig>();

  const upgrade = async (id: number, code: string) => {
    const manifest = JSON.stringify({ name: names.get(id) });
    await registry.putPlugin(
      id,
      await buildPlugin(
        new Map([
          ['plugin.json', manifest],
          ['index.js', code],
        ]),
      ),
    );
  };
  const change = async (id: number, changes: Partial<NewPluginConfig>) => {
    const config = { ...(configs.get(id) as NewPluginConfig), ...changes };
    configs.set(id, config);
    await registry.putPluginConfig(config);
  };

  for (const [order, { name, code, config = {} }] of plugins.entries()) {
    const id = nextId();
    names.set(id, name);
    await upgrade(id, code);
    await change(id, { id, teamId: projectId, pluginId: id, enabled: true, order, config, attachments: {} });
  }
  await registry.putProject({ id: projectId, name: `Project ${projectId}` });

  return {
    id: projectId,
    pluginConfigs: [...configs.keys()],
    event: (overrides = {}) => eventOf({ uuid: randomUUID(), team_id: projectId, ...overrides }),
    upgrade,
    change,
    async read(id) {
      return (await registry.readAll()).pluginConfigs.find((config) => config.id === id);
    },
  };
}

/** A plugin that leaves a mark on every event: `properties.<mark>` is true. */
export function marking(name: string): FlowPlugin {
  return {
    name,
    code: `exports.processEvent = (event) => { event.properties = { ...event.properties, ${name}: true }; return event; };`,
  };
}

/** The packed form, plain. */
export function packed(events: unknown[]): string {
  return JSON.stringify({ v: 1, events });
}
