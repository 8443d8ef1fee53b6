import type { RegistryFollower } from '../../shared/host/follow-registry.ts';
import { pluginFacts, type TellLifecycleEvent } from '../../shared/lifecycle/lifecycle-event.ts';

export interface HopLimit {
  /** Id of the plugin config. */
  plugin: number;
  kind: 'job' | 'capture';
  /** The job's name, or the event's. */
  name: string;
  limit: number;
}

/** Tells of a job, or of a captured event, that was left out because a row of them has reached the limit. */
export function tellOfHopLimit(
  { plugin, ...reached }: HopLimit,
  { tell, plugins }: { tell: TellLifecycleEvent; plugins: Pick<RegistryFollower, 'find'> },
): void {
  tell({ type: 'Hop limit reached', ...pluginFacts(plugin, plugins.find(plugin)), ...reached, count: 1 });
}
