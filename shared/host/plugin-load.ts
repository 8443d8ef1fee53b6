import type { PluginConfig } from '../registry/plugin-config.ts';
import type { PluginLoad } from '../registry/registry-setups.ts';
import type { LoadResult } from '../sandbox/protocol.ts';

/** What a load told of the plugin that is not recorded with its config yet; null when all of it is. */
export function newlyLearned(recorded: Pick<PluginConfig, keyof PluginLoad>, result: LoadResult): PluginLoad | null {
  const { capabilities } = result;
  if (capabilities === undefined) return null;
  const told = { capabilities, metrics: result.metrics ?? {} };
  const isKnown = isSame(recorded.capabilities, told.capabilities) && isSame(recorded.metrics, told.metrics);
  return isKnown ? null : told;
}

/** The table keeps the keys of a map in no order. */
function isSame(one: object | undefined, other: object): boolean {
  const inOrder = (map: object) => JSON.stringify(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
  return one !== undefined && inOrder(one) === inOrder(other);
}
