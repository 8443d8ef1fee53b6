import type { Chain, DeliveryGroup } from '../pipeline/event-run.ts';
import type { Plugin } from './plugin.ts';

/** Hooks that get single events, but for session recordings, which are for `onSnapshot` alone. */
export const EVENT_HOOKS = ['onEvent', 'composeWebhook'] as const;
export const SNAPSHOT_HOOKS = ['onSnapshot'] as const;

/** Who gets the events of a chain after it. Plugin configs that get the same ones are together: for them, events are packed once. */
export function chainDeliveries(plugins: readonly Plugin[]): Pick<Chain, 'deliveries' | 'snapshots'> {
  const deliveries = groupsOf(plugins, ignoredEvents);
  const snapshots = groupsOf(plugins, (plugin) => (hasAny(plugin, SNAPSHOT_HOOKS) ? NONE : null));
  return {
    ...(deliveries.length === 0 ? {} : { deliveries }),
    ...(snapshots.length === 0
      ? {}
      : { snapshots: { plugins: [], succeeded: [], deferred: [], deliveries: snapshots } }),
  };
}

const NONE: ReadonlySet<string> = new Set();

/** Names of events that the plugin does not want; null when it wants no event at all. */
function ignoredEvents(plugin: Plugin): ReadonlySet<string> | null {
  if (hasAny(plugin, EVENT_HOOKS)) return NONE;
  return hasAny(plugin, ['exportEvents']) ? plugin.exportSettings.ignored : null;
}

function groupsOf(
  plugins: readonly Plugin[],
  ignoredBy: (plugin: Plugin) => ReadonlySet<string> | null,
): DeliveryGroup[] {
  const groups = new Map<string, { plugins: number[]; ignored: ReadonlySet<string> }>();
  for (const plugin of plugins) {
    const ignored = ignoredBy(plugin);
    if (ignored === null) continue;
    const key = JSON.stringify([...ignored].sort());
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { plugins: [plugin.id], ignored });
    else group.plugins.push(plugin.id);
  }
  return [...groups.values()];
}

function hasAny({ hooks }: Plugin, names: readonly string[]): boolean {
  return hooks.capabilities.methods.some((method) => names.includes(method));
}
