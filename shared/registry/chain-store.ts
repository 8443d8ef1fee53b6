import { placeInChain, rearranged } from './chain-order.ts';
import { type ChangeDeps, changeItem, type Revised } from './change-item.ts';
import type { PluginConfigItem } from './plugin-config-item.ts';
import { type RegistryTable, readItem, readPartition } from './read-items.ts';
import { bumpVersion, itemKey, KIND } from './registry-items.ts';
import { conflict, refusalCode, refuseInvalid } from './registry-refusal.ts';

/** The chain of a project as it was arranged, in one item. */
export interface ChainItem {
  id: number;
  /** Ids of plugin configs, in the order of the chain. */
  pluginConfigs: number[];
}

/** A project's plugin configs, each with its place, and the revision of their arrangement: 0 when there was none. */
export interface Chain {
  configs: PluginConfigItem[];
  revision: number;
}

export async function readChain(table: RegistryTable, projectId: number): Promise<Chain> {
  const [items, chain] = await Promise.all([
    readPartition<PluginConfigItem>(table, KIND.pluginConfig),
    readItem<Revised<ChainItem>>(table, itemKey(KIND.chain, projectId)),
  ]);
  const own = items.filter(({ teamId }) => teamId === projectId);
  return { configs: placeInChain(own, chain?.pluginConfigs), revision: chain?.revision ?? 0 };
}

/** How often an arrangement is tried that others were faster with. */
const ATTEMPTS = 5;

/**
 * Gives plugin configs of a project new places; the others keep theirs. Readers see all of it or nothing, the next batch runs in it.
 *
 * @param places by plugin config id, any numbers: only their order counts
 * @param seen the revision that the places were chosen by; without it, the last one to arrange wins
 * @throws RegistryRefusal `invalid` for ids that are not the project's, `conflict`
 */
export async function rearrangeChain(
  deps: ChangeDeps,
  projectId: number,
  places: ReadonlyMap<number, number>,
  seen?: { revision: number },
): Promise<void> {
  const what = `order of project ${projectId}`;
  for (let attempt = 1; ; attempt++) {
    const { configs, revision } = await readChain(deps, projectId);
    refuseInvalid(what, problemsOfPlaces(configs, places, projectId));
    if (seen !== undefined && seen.revision !== revision) {
      await bumpVersion(deps.dynamodb, deps.table);
      throw conflict(what);
    }
    try {
      await changeItem<ChainItem>(deps, {
        key: itemKey(KIND.chain, projectId),
        what,
        fields: { id: projectId, pluginConfigs: rearranged(configs, places) },
        expected: { revision },
      });
      return;
    } catch (error) {
      if (refusalCode(error) !== 'conflict' || seen !== undefined || attempt === ATTEMPTS) throw error;
    }
  }
}

function problemsOfPlaces(
  configs: readonly PluginConfigItem[],
  places: ReadonlyMap<number, number>,
  projectId: number,
): Record<string, string> {
  const ids = new Set(configs.map(({ id }) => id));
  return Object.fromEntries(
    [...places].flatMap(([id, place]) => {
      if (!ids.has(id))
        return [[String(id), `is no plugin config of project ${projectId}; it has ${[...ids].join(', ') || 'none'}`]];
      return Number.isFinite(place) ? [] : [[String(id), `must be a number; got ${JSON.stringify(place)}`]];
    }),
  );
}
