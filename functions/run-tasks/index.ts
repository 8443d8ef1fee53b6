import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { RegistryFollower } from '../../shared/host/follow-registry.ts';
import { hookOf, readTask, type Task } from '../../shared/state/task.ts';
import type { TaskKey } from '../../shared/state/task-leases.ts';
import type { HeldLeases } from './hold-leases.ts';
import type { RunRound } from './run-round.ts';
import type { SortTasks } from './sort-tasks.ts';
import { emptyAccount, type TaskAccount } from './task-account.ts';

/** A task, and the index of the record it came in. */
export interface ReceivedTask {
  record: number;
  task: Task;
}

export interface RunTasksDeps {
  plugins: Pick<RegistryFollower, 'refresh'>;
  /** Leases for one invocation. */
  holdLeases(): HeldLeases;
  sortTasks: SortTasks;
  runRound: RunRound;
  report(facts: TaskFacts): void;
  warn(message: string, details: Record<string, unknown>): void;
  /** Milliseconds, steady. */
  clock: () => number;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface TaskFacts {
  received: number;
  /** Messages that come again as they are. */
  failed: number;
  account: TaskAccount;
  milliseconds: number;
}

/** What is kept of the function's time for storing and recording after the plugins, milliseconds. */
const RESERVE_MILLISECONDS = 5000;

/**
 * Runs a batch of the `tasks` queue: jobs and scheduled tasks, one at a time per plugin config and name over the whole deployment. A message
 * is acknowledged when its task has run, lies where it will run later, or is not to run at all.
 */
export function createRunTasks(deps: RunTasksDeps) {
  return async (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<SQSBatchResponse> => {
    const startedAt = deps.clock();
    const deadline = startedAt + context.getRemainingTimeInMillis() - RESERVE_MILLISECONDS;
    const { Records: records } = event;
    const account = emptyAccount();
    const failed = new Set<number>();

    /** What fails for some tasks makes their messages come again, and leaves the others alone. */
    const tolerate = async <Result>(tasks: ReceivedTask[], work: () => Promise<Result>): Promise<Result | null> => {
      try {
        return await work();
      } catch (error) {
        for (const { record } of tasks) failed.add(record);
        deps.warn(`${tasks.length} tasks come again: ${(error as Error).message}`, {});
        return null;
      }
    };

    await deps.plugins.refresh(deadline);
    const received = records.flatMap(({ body }, record): ReceivedTask[] => {
      const task = readTask(body);
      if (task !== null) return [{ record, task }];
      deps.warn('A message is no task, and becomes a dead letter', { body: body.slice(0, MAX_SHOWN_CHARACTERS) });
      failed.add(record);
      return [];
    });

    const leases = deps.holdLeases();
    try {
      let rows = await Promise.all(
        rowsOf(received).map(async ({ key, tasks }) => {
          const ready = await tolerate(tasks, () => deps.sortTasks(key, tasks, leases, account));
          return { key, tasks: ready ?? [] };
        }),
      );
      for (rows = rows.filter(hasTasks); rows.length > 0; rows = rows.map(withoutFirst).filter(hasTasks)) {
        const round = rows.flatMap(({ tasks }) => tasks.slice(0, 1));
        const ended = (await tolerate(round, () => deps.runRound(round, deadline, account))) ?? [];
        await Promise.all(
          rows.map(async (row) => hasMore(row) || leases.release(row.key, runOf(row, ended, deps.now()))),
        );
      }
    } finally {
      await leases.end();
    }
    deps.report({ received: records.length, failed: failed.size, account, milliseconds: deps.clock() - startedAt });
    return { batchItemFailures: [...failed].map((record) => ({ itemIdentifier: records[record]?.messageId ?? '' })) };
  };
}

/** Longest part of a message that the log shows. */
const MAX_SHOWN_CHARACTERS = 500;

/** Tasks of which only one may run at a time. */
interface Row {
  key: TaskKey;
  tasks: ReceivedTask[];
}

function rowsOf(received: ReceivedTask[]): Row[] {
  const rows = new Map<string, Row>();
  for (const one of received) {
    const key = { plugin: one.task.plugin, hook: hookOf(one.task) };
    const name = `${key.plugin} ${key.hook}`;
    const row = rows.get(name) ?? { key, tasks: [] };
    row.tasks.push(one);
    rows.set(name, row);
  }
  return [...rows.values()];
}

const hasTasks = ({ tasks }: Row): boolean => tasks.length > 0;
const hasMore = ({ tasks }: Row): boolean => tasks.length > 1;
const withoutFirst = ({ key, tasks }: Row): Row => ({ key, tasks: tasks.slice(1) });

/** The run of a scheduled task that has ended: its next interval begins. */
function runOf({ tasks: [first] }: Row, ended: ReceivedTask[], now: number) {
  if (first === undefined || first.task.kind === 'job' || !ended.includes(first)) return undefined;
  return { endedAt: now, tick: first.task.tick };
}
