import { join } from 'node:path';
import type { PluginFiles } from '../../shared/plugins/bundle-imports.ts';
import { readPluginFolder } from '../../shared/plugins/read-plugin-folder.ts';

/** A chain that is measured. */
export interface CostChain {
  name: 'stateless' | 'counter' | 'exporter';
  /** For people. */
  description: string;
  /** Source files of each plugin, in the order of the chain. @param sinkUrl where exports may go */
  plugins(sinkUrl: string): Promise<ChainPlugin[]>;
  /** How many events each event becomes for plugins behind the queue `deliveries`. */
  deliveries: 0 | 1;
}

export interface ChainPlugin {
  files: PluginFiles;
  /** On top of the defaults of its plugin.json. */
  config: Record<string, unknown>;
}

const EXAMPLES = join(import.meta.dirname, '../../examples/plugins');

const example = async (name: string, config: ChainPlugin['config'] = {}): Promise<ChainPlugin> => ({
  files: await readPluginFolder(join(EXAMPLES, name)),
  config,
});

export const CHAINS: CostChain[] = [
  {
    name: 'stateless',
    description: 'Internal Traffic Dropper and Property Adder: two plugins that keep nothing',
    plugins: () => Promise.all([example('internal-traffic-dropper'), example('property-adder')]),
    deliveries: 0,
  },
  {
    name: 'counter',
    description: 'Hello World: one plugin that counts every event in its cache',
    plugins: async () => [await example('hello-world')],
    deliveries: 0,
  },
  {
    name: 'exporter',
    description: 'HTTP Exporter: one plugin that posts every event to a server, which takes 50 ms to answer',
    plugins: async (url) => [await example('http-exporter', { url })],
    deliveries: 1,
  },
];
