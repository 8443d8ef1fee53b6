import type { RegistryFollower } from '../../shared/host/follow-registry.ts';
import type { PluginHost } from '../../shared/host/plugin-host.ts';
import type { InvokeResult } from '../../shared/host/run-calls.ts';
import { errorFacts, pluginFacts, type TellLifecycleEvent } from '../../shared/lifecycle/lifecycle-event.ts';
import type { HookCall, HookResult } from '../../shared/sandbox/hook-call.ts';
import type { PluginLogLine } from '../../shared/sandbox/plugin-report.ts';
import type { JobRuns } from '../../shared/state/job-runs.ts';
import type { JobsStore } from '../../shared/state/jobs-store.ts';
import { retryDelayMilliseconds } from '../../shared/state/retry-delay.ts';
import { hookOf, INTERVAL_MILLISECONDS, type Job, type Task } from '../../shared/state/task.ts';
import type { HostCount } from '../plugin-reports/host-counts.ts';
import type { Measured } from '../plugin-reports/plugin-metrics.ts';
import type { ReceivedTask } from './index.ts';
import type { Postpone } from './postpone.ts';
import type { RunningHops } from './running-hops.ts';
import type { TaskAccount } from './task-account.ts';

/**
 * Runs tasks side by side, no two of the same lease, and deals with what came of each. Gives the tasks that have ended; the others come
 * again. @throws when nothing of it may be acknowledged.
 */
export type RunRound = (tasks: ReceivedTask[], deadline: number, account: TaskAccount) => Promise<ReceivedTask[]>;

export interface RunRoundDeps {
  plugins: Pick<RegistryFollower, 'find'>;
  host: Pick<PluginHost, 'invoke'>;
  hops: RunningHops;
  store: JobsStore;
  jobRuns: Pick<JobRuns, 'add'>;
  postpone: Postpone;
  /** Does not throw. */
  deletePayload(key: string): Promise<void>;
  /** Records plugin errors in the registry; does not throw. */
  recordPluginErrors(result: InvokeResult): Promise<void>;
  reportMetrics(measured: Measured): void;
  log(line: PluginLogLine): void;
  tell: TellLifecycleEvent;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** What waits for a plugin to be set up looks again every minute. */
const SETUP_WAIT_MILLISECONDS = 60_000;
/** What the time was over for comes again at once, to a fresh invocation. */
const UNFINISHED_WAIT_MILLISECONDS = 0;

export function createRunRound(deps: RunRoundDeps): RunRound {
  const { host, hops, store, jobRuns, postpone, now } = deps;

  /** @returns whether the task has ended */
  const conclude = async (task: Task, { error, unfinished }: HookResult, account: TaskAccount): Promise<boolean> => {
    if (unfinished) {
      await postpone([{ task: stored(task), delayMilliseconds: UNFINISHED_WAIT_MILLISECONDS }], account);
      return false;
    }
    if (error?.name === 'NotLoadedError') {
      await waitForSetup(task, account);
      return false;
    }
    account.ran++;
    if (error !== undefined) account.failed++;
    if (task.kind === 'job') await concludeJob(task, error, account);
    return true;
  };

  const waitForSetup = async (task: Task, account: TaskAccount): Promise<void> => {
    // The next tick is there already.
    const isStale = task.kind === 'schedule' && now() - task.tick >= INTERVAL_MILLISECONDS[task.hook];
    if (isStale) account.skipped++;
    else await postpone([{ task: stored(task), delayMilliseconds: SETUP_WAIT_MILLISECONDS }], account);
  };

  const concludeJob = async (job: Job, error: HookResult['error'], account: TaskAccount): Promise<void> => {
    const delay = error?.retry ? retryDelayMilliseconds(job.retries + 1) : null;
    if (delay !== null) {
      // A row of jobs that waits has ended.
      await store.add([{ ...(stored(job) as Job), retries: job.retries + 1, runAt: now() + delay, hops: 0 }]);
      account.retried++;
    } else if (error?.retry) {
      account.givenUp++;
      const message = `The job "${job.name}" is given up after ${job.retries} retries: ${error.name}: ${error.message}`;
      deps.log({ plugin: job.plugin, source: 'SYSTEM', level: 'ERROR', message });
      const facts = pluginFacts(job.plugin, deps.plugins.find(job.plugin));
      const givenUp = { cause: 'retries_exhausted', job: job.name, jobs: 1, error: errorFacts(error) } as const;
      deps.tell({ type: 'Job given up', ...facts, ...givenUp });
    }
    await jobRuns.add(job, delay === null);
    if (delay === null && job.payloadKey !== undefined) await deps.deletePayload(job.payloadKey);
  };

  return async (tasks, deadline, account) => {
    const calls = tasks.map(({ task }) => ({
      plugin: task.plugin,
      hook: hookOf(task),
      ...(task.kind === 'job' && task.payload !== undefined ? { argument: task.payload } : {}),
      ...causeOf(task),
    }));
    const result = await hops.during(
      tasks.map(({ task }) => task),
      () => host.invoke(calls, deadline),
    );
    deps.reportMetrics({ ...result, counts: countsOf(tasks, result) });
    await deps.recordPluginErrors({ ...result, errors: [...result.errors, ...errorsOf(tasks, result)] });
    const ended = await Promise.all(
      tasks.map(({ task }, index) => conclude(task, result.results[index] ?? { unfinished: true }, account)),
    );
    return tasks.filter((_, index) => ended[index]);
  };
}

/** The same when the task's message comes again, or that of what made it: what the run captures has the same uuids then. */
function causeOf(task: Task): Pick<HookCall, 'cause' | 'hops'> {
  if (task.kind === 'schedule') return { cause: String(task.tick) };
  const { id, cause = id, retries, captureHops } = task;
  return { cause: `${cause}:${retries}`, ...(captureHops === undefined ? {} : { hops: captureHops }) };
}

/** A payload that lies in the bucket travels no other way. */
function stored(task: Task): Task {
  if (task.kind === 'schedule' || task.payloadKey === undefined) return task;
  const { payload: _, ...rest } = task;
  return rest;
}

function countsOf(tasks: ReceivedTask[], { results }: InvokeResult): HostCount[] {
  return results.flatMap(({ error, unfinished }, index): HostCount[] => {
    const plugin = tasks[index]?.task.plugin;
    if (plugin === undefined || unfinished || error?.name === 'NotLoadedError') return [];
    const ran: HostCount = { plugin, name: 'TasksRun', value: 1 };
    return error === undefined ? [ran] : [ran, { plugin, name: 'TasksFailed', value: 1 }];
  });
}

/** A plugin that is not there yet has not been asked: that is no error of its own. */
function errorsOf(tasks: ReceivedTask[], { results }: InvokeResult): InvokeResult['errors'] {
  return results.flatMap(({ error }, index) => {
    const plugin = tasks[index]?.task.plugin;
    return error === undefined || plugin === undefined || error.name === 'NotLoadedError'
      ? []
      : [{ plugin, count: 1, last: error }];
  });
}
