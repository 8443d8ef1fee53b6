import type { RegistryFollower } from '../../shared/host/follow-registry.ts';
import { pluginFacts, type TellLifecycleEvent } from '../../shared/lifecycle/lifecycle-event.ts';
import type { PluginLogLine } from '../../shared/sandbox/plugin-report.ts';
import type { JobRuns } from '../../shared/state/job-runs.ts';
import type { Job, ScheduledTask } from '../../shared/state/task.ts';
import type { LastRun, TaskKey } from '../../shared/state/task-leases.ts';
import type { HeldLeases } from './hold-leases.ts';
import type { ReceivedTask } from './index.ts';
import type { Postpone } from './postpone.ts';
import type { TaskAccount } from './task-account.ts';
import { whenToRun } from './when-to-run.ts';

/**
 * Finds out which of the tasks that share a lease are to be run now, in their order, and takes the lease for them. The others are dealt
 * with: they come again, or never. @throws when they could not be dealt with.
 */
export type SortTasks = (
  key: TaskKey,
  tasks: ReceivedTask[],
  leases: HeldLeases,
  account: TaskAccount,
) => Promise<ReceivedTask[]>;

export interface SortTasksDeps {
  plugins: Pick<RegistryFollower, 'find'>;
  jobRuns: Pick<JobRuns, 'find'>;
  postpone: Postpone;
  readPayload(key: string): Promise<string>;
  /** Does not throw. */
  deletePayload(key: string): Promise<void>;
  log(line: PluginLogLine): void;
  tell: TellLifecycleEvent;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** A job that finds another one of its name at work looks again after 1, 2, 4 … seconds. */
const LONGEST_WAIT_MILLISECONDS = 60_000;

export function createSortTasks(deps: SortTasksDeps): SortTasks {
  const { plugins, jobRuns, postpone, now } = deps;

  const drop = async (tasks: ReceivedTask[], account: TaskAccount): Promise<void> => {
    for (const { task } of tasks) {
      if (task.kind === 'schedule') account.skipped++;
      else {
        account.dropped++;
        const message = `The job "${task.name}" was dropped: the plugin config is disabled or gone.`;
        deps.log({ plugin: task.plugin, source: 'SYSTEM', level: 'WARN', message });
        const facts = pluginFacts(task.plugin, undefined);
        deps.tell({ type: 'Job given up', ...facts, cause: 'plugin_off', job: task.name, jobs: 1 });
        if (task.payloadKey !== undefined) await deps.deletePayload(task.payloadKey);
      }
    }
  };

  const wait = async (tasks: ReceivedTask[], account: TaskAccount): Promise<void> => {
    const jobs = tasks.map(({ task }) => task).filter((task): task is Job => task.kind === 'job');
    // Whoever runs the scheduled task brings it to its end, or it comes again with its own message.
    account.skipped += tasks.length - jobs.length;
    await postpone(
      jobs.map(({ waits = 0, ...job }) => ({
        task: { ...job, waits: waits + 1 },
        delayMilliseconds: Math.min(1000 * 2 ** waits, LONGEST_WAIT_MILLISECONDS),
      })),
      account,
    );
  };

  const readyJob = async (received: ReceivedTask, job: Job, account: TaskAccount): Promise<ReceivedTask[]> => {
    const run = await jobRuns.find(job);
    if (run !== null) {
      account.skipped++;
      // Whoever ran it may have died before its payload was gone.
      if (run.isOver && job.payloadKey !== undefined) await deps.deletePayload(job.payloadKey);
      return [];
    }
    if (job.payloadKey === undefined) return [received];
    return [{ ...received, task: { ...job, payload: await deps.readPayload(job.payloadKey) } }];
  };

  const readyTask = async (
    received: ReceivedTask,
    task: ScheduledTask,
    lastRun: LastRun | null,
    account: TaskAccount,
  ): Promise<ReceivedTask[]> => {
    const time = now();
    if (task.notBefore !== undefined && task.notBefore > time) {
      await postpone([{ task, delayMilliseconds: task.notBefore - time }], account);
      return [];
    }
    const exported = plugins.find(task.plugin)?.capabilities?.scheduledTasks;
    const when = exported?.includes(task.hook) === false ? 'never' : whenToRun(task, lastRun, time);
    if (when === 'now') return [received];
    if (when === 'never') account.skipped++;
    else await postpone([{ task: { ...task, notBefore: when }, delayMilliseconds: when - time }], account);
    return [];
  };

  return async (key, tasks, leases, account) => {
    if (plugins.find(key.plugin) === undefined) {
      await drop(tasks, account);
      return [];
    }
    const lease = await leases.acquire(key);
    if (lease === null) {
      await wait(tasks, account);
      return [];
    }
    const ready: ReceivedTask[] = [];
    const seen = new Set<string>();
    for (const received of tasks) {
      const { task } = received;
      // The same job, or another tick of the same task, within one batch.
      const name = task.kind === 'job' ? `${task.id} ${task.retries}` : '';
      if (seen.has(name)) account.skipped++;
      else if (task.kind === 'job') ready.push(...(await readyJob(received, task, account)));
      else ready.push(...(await readyTask(received, task, lease.lastRun, account)));
      if (ready.includes(received) || task.kind === 'job') seen.add(name);
    }
    if (ready.length === 0) await leases.release(key);
    return ready;
  };
}
