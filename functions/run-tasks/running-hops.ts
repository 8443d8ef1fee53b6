import type { Task } from '../../shared/state/task.ts';

/** Knows which jobs run, so that those they lead to can be counted. */
export interface RunningHops {
  /** The most hops of the jobs of this plugin config that run now; null when none does. */
  current(plugin: number): number | null;
  during<Result>(tasks: readonly Task[], work: () => Promise<Result>): Promise<Result>;
}

/** Nobody can tell which of a plugin config's jobs that run side by side made another one: it counts for the one with the most hops. */
export function createRunningHops(): RunningHops {
  let running: readonly Task[] = [];
  return {
    current(plugin) {
      const hops = running.flatMap((task) => (task.kind === 'job' && task.plugin === plugin ? [task.hops] : []));
      return hops.length === 0 ? null : Math.max(...hops);
    },
    async during(tasks, work) {
      running = tasks;
      try {
        return await work();
      } finally {
        running = [];
      }
    },
  };
}
