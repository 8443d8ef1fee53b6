import type { QueueMessage } from '../../shared/aws/group-messages.ts';
import type { PluginConfig } from '../../shared/registry/plugin-config.ts';
import type { RegistryReader } from '../../shared/registry/registry-reader.ts';
import type { RegistryChanges } from '../../shared/state/registry-changes.ts';
import { INTERVAL_MILLISECONDS, type ScheduledHook, taskMessage } from '../../shared/state/task.ts';
import type { ToldTicks } from '../../shared/state/told-ticks.ts';

/** What a rule hands over, as its target says. */
export interface ScheduleTick {
  hook: ScheduledHook;
}

export interface ScheduleTasksDeps {
  registry: Pick<RegistryReader, 'readAll'>;
  changes: RegistryChanges;
  ticks: ToldTicks;
  /** Sends to the queue `tasks`, and gives what could not be sent. */
  send(messages: QueueMessage[]): Promise<QueueMessage[]>;
  report(counts: { hook: ScheduledHook; scheduled: number }): void;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Time in which somebody will have loaded what has changed: run-tasks does, as soon as it is told of a task. */
const NEWS_MILLISECONDS = 5 * 60_000;

/** Ticks that come too seldom to be missed. */
const RARE_HOOKS: readonly ScheduledHook[] = ['runEveryHour', 'runEveryDay'];

/**
 * When a tick that was not told is lost. Lambda tries an event that failed again after one minute and after two more: with three attempts of up
 * to a minute each, the last has ended after six.
 */
const LOST_MILLISECONDS = 10 * 60_000;

/**
 * Tells run-tasks of a tick, for each plugin config that exports the task. What a plugin exports is known when it was loaded somewhere.
 * Until then, that is for some minutes after each change of the registry, it is asked for whatever it may have: run-tasks loads it, and runs
 * what is there. With the tick of a minute it makes up for one of the hour or the day that nobody could be told of.
 *
 * @throws when a message could not be sent; the tick is then told once more.
 */
export function createScheduleTasks({ registry, changes, ticks, send, report, now }: ScheduleTasksDeps) {
  const lost = async (): Promise<ScheduledHook[]> => {
    const last = await ticks.last();
    return RARE_HOOKS.filter((hook) => {
      const tick = tickOf(hook, now());
      return (last[hook] ?? tick) < tick && now() - tick >= LOST_MILLISECONDS;
    });
  };

  return async ({ hook: ticking }: ScheduleTick): Promise<void> => {
    const { version, pluginConfigs } = await registry.readAll();
    const isNews = now() - (await changes.firstSeen(version)) < NEWS_MILLISECONDS;

    for (const hook of ticking === 'runEveryMinute' ? [ticking, ...(await lost())] : [ticking]) {
      const asked = pluginConfigs.filter((config) => config.enabled && (isNews || mayExport(config, hook)));
      const tick = tickOf(hook, now());
      const unsent = await send(asked.map(({ id }) => taskMessage({ kind: 'schedule', plugin: id, hook, tick })));
      report({ hook, scheduled: asked.length - unsent.length });
      if (unsent.length > 0) throw new Error(`${unsent.length} of ${asked.length} tasks could not be sent`);
      if (RARE_HOOKS.includes(hook)) await ticks.remember(hook, tick);
    }
  };
}

/** A rule that fires twice, or late, means the same tick. */
function tickOf(hook: ScheduledHook, now: number): number {
  const interval = INTERVAL_MILLISECONDS[hook];
  return Math.floor(now / interval) * interval;
}

/** One that is not set up yet has to be asked: if nothing else does, that sets it up. */
function mayExport({ capabilities, setup }: PluginConfig, hook: ScheduledHook): boolean {
  return capabilities === undefined || setup !== undefined || capabilities.scheduledTasks.includes(hook);
}
