import type { PluginCapabilities, PluginMetricOperation } from '../registry/plugin-config.ts';

/** What became of evaluating a plugin's code. */
export type LoadOutcome =
  | { capabilities: PluginCapabilities; metrics: Record<string, PluginMetricOperation> }
  /** `stack` has positions in the author's files. */
  | { error: { name: string; message: string; stack?: string } };

/**
 * Evaluates a plugin's built code once, where it can do no harm, and says what it exports. No hook of it is called: there is no
 * configuration yet. Never rejects for what the plugin does; rejects when there is nowhere to try it.
 */
export type TryLoad = (plugin: { name: string; code: string }) => Promise<LoadOutcome>;
