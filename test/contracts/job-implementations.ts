import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll } from 'vitest';
import { advance } from '../../cli/test/advance.ts';
import type { Bench } from '../../cli/test/bench.ts';
import { createClock } from '../../cli/test/clock.ts';
import { createExportBuffer } from '../../cli/test/export-buffer.ts';
import { createJobBoard } from '../../cli/test/job-board.ts';
import type { Member } from '../../cli/test/member.ts';
import { runDueJobs } from '../../cli/test/run-due-jobs.ts';
import { createDispatchJobs } from '../../functions/dispatch-jobs/index.ts';
import { createJobsPort } from '../../functions/jobs-port.ts';
import { holdLeases } from '../../functions/run-tasks/hold-leases.ts';
import { createRunTasks } from '../../functions/run-tasks/index.ts';
import { createPostpone } from '../../functions/run-tasks/postpone.ts';
import { createRunRound } from '../../functions/run-tasks/run-round.ts';
import { createRunningHops } from '../../functions/run-tasks/running-hops.ts';
import { createSortTasks } from '../../functions/run-tasks/sort-tasks.ts';
import { deleteObject } from '../../shared/aws/delete-object.ts';
import type { QueueMessage } from '../../shared/aws/group-messages.ts';
import { putObject } from '../../shared/aws/put-object.ts';
import { readObject } from '../../shared/aws/read-object.ts';
import { exportSettings } from '../../shared/pipeline/export-settings.ts';
import type { HookCall, HookResult } from '../../shared/sandbox/hook-call.ts';
import type { EnqueuedJob } from '../../shared/sandbox/service-calls.ts';
import { createJobRuns } from '../../shared/state/job-runs.ts';
import { createJobsStore } from '../../shared/state/jobs-store.ts';
import { createLaterJobs, type JobsPage } from '../../shared/state/later-jobs.ts';
import { createTaskLeases } from '../../shared/state/task-leases.ts';
import { startTestTable, type TestTable } from '../support/dynamodb.ts';
import { configOf } from '../support/followed-registry.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

/** One run of a job. */
export interface JobRun {
  plugin: number;
  name: string;
  payload: string | undefined;
  /** Milliseconds since 1970. */
  at: number;
}

/** Jobs of the plugin configs 1 and 2, of which there are none yet, with a clock that the test moves. */
export interface FreshJobs {
  enqueue(jobs: readonly EnqueuedJob[]): Promise<void>;
  /** Lets time pass; what is due meanwhile runs at its time. */
  pass(milliseconds: number): Promise<void>;
  now(): number;
  runs: JobRun[];
}

/** How a run ends, and what it does meanwhile. */
export type JobAnswer = (run: JobRun, jobs: FreshJobs) => Promise<HookResult>;

const DONE: JobAnswer = async () => ({});

const START = Date.parse('2030-01-02T03:04:05.600Z');
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const PLUGINS = [1, 2];

const runOf = ({ plugin, hook, argument }: HookCall, at: number): JobRun => ({
  plugin,
  name: hook.replace(/^job /, ''),
  payload: argument,
  at,
});

/** The job board of the test bench. */
function inMemory() {
  return {
    fresh(answer = DONE): FreshJobs {
      const clock = createClock(START);
      const jobs = createJobBoard(clock);
      const members = PLUGINS.map((id) => ({
        id,
        setup: { status: 'ok' },
        attempts: null,
        scheduledUntil: START,
        capabilities: { methods: [], jobs: [], scheduledTasks: [] },
        buffer: createExportBuffer(exportSettings({}), clock.now),
      }));
      const host = {
        async invoke(calls: HookCall[]) {
          const results: HookResult[] = [];
          for (const call of calls) {
            const run = runOf(call, clock.now());
            fresh.runs.push(run);
            results.push(await answer(run, fresh));
          }
          return results;
        },
      };
      const bench = { clock, jobs, host, exportRetries: [], members: members as Partial<Member>[] } as unknown as Bench;
      const fresh: FreshJobs = {
        enqueue: async (made) => jobs.add(made),
        async pass(milliseconds) {
          await runDueJobs(bench);
          await advance(bench, milliseconds);
        },
        now: clock.now,
        runs: [],
      };
      return fresh;
    },
  };
}

/** The queue, the table and the bucket, dispatch-jobs and run-tasks as they are deployed; the queue is the test's. */
function onAws() {
  const servers = {} as { table: TestTable; files: TestBucket };
  beforeAll(async () => {
    servers.table = await startTestTable();
    servers.files = await startTestBucket();
  });
  afterAll(async () => {
    await servers.table[Symbol.asyncDispose]();
    await servers.files[Symbol.asyncDispose]();
  });
  let tests = 0;

  return {
    fresh(answer = DONE): FreshJobs {
      const { table, files } = servers;
      // A time of its own for each: they share the table.
      let time = START + ++tests * 1000 * 86_400_000;
      const now = () => time;
      const queue: { body: string; visibleAt: number }[] = [];
      const send = async (messages: QueueMessage[]): Promise<QueueMessage[]> => {
        for (const { body, delaySeconds = 0 } of messages)
          queue.push({ body, visibleAt: time + delaySeconds * SECOND });
        return [];
      };
      const later = createLaterJobs({ ...table, now: Date.now, sleep });
      const minutes = new Set<number>();
      let through: number | null = null;
      const store = createJobsStore({
        send,
        later: {
          put(jobs) {
            for (const { runAt } of jobs) minutes.add(Math.floor(runAt / MINUTE));
            return later.put(jobs);
          },
        },
        putObject: (key, content) => putObject(files.s3, files.bucket, key, content),
        now,
      });
      const dispatch = createDispatchJobs({
        later: {
          // Minutes in which no job is due are not looked up: there are thousands of them.
          pages: (minute) => (minutes.has(minute) ? later.pages(minute) : nothing()),
          dispatchedThrough: async () => through,
          setDispatchedThrough: async (minute) => void (through = minute),
        },
        send,
        report: () => {},
        now,
      });
      const hops = createRunningHops();
      const port = createJobsPort({ store, now, newId: randomUUID });
      const { s3, bucket } = files;
      const parts = {
        plugins: { refresh: async () => {}, find: (id: number) => (PLUGINS.includes(id) ? configOf(id) : undefined) },
        host: {
          async invoke(calls: HookCall[]) {
            const results: HookResult[] = [];
            for (const call of calls) {
              const run = runOf(call, time);
              fresh.runs.push(run);
              results.push(await answer(run, fresh));
            }
            return { errors: [], logs: [], logsDropped: 0, cpuMicroseconds: 0, verdicts: [], results };
          },
        },
        hops,
        store,
        jobRuns: createJobRuns({ ...table, now }),
        postpone: createPostpone(send),
        readPayload: async (key: string) => Buffer.from(await readObject(s3, bucket, key)).toString('utf8'),
        deletePayload: (key: string) => deleteObject(s3, bucket, key),
        recordPluginErrors: async () => {},
        reportMetrics: () => {},
        log: () => {},
        tell: () => {},
        now,
      };
      const leases = createTaskLeases({ ...table, now });
      const runTasks = createRunTasks({
        ...parts,
        holdLeases: () => holdLeases({ leases, holder: randomUUID(), every: () => () => {}, warn: () => {} }, MINUTE),
        sortTasks: createSortTasks(parts),
        runRound: createRunRound(parts),
        report: () => {},
        warn(message) {
          throw new Error(message);
        },
        clock: () => time,
      });
      const context = { getRemainingTimeInMillis: () => 100_000 };

      const work = async (): Promise<void> => {
        for (;;) {
          const due = queue.filter(({ visibleAt }) => visibleAt <= time).toSorted((a, b) => a.visibleAt - b.visibleAt);
          const batch = due.slice(0, 5);
          if (batch.length === 0) return;
          for (const message of batch) queue.splice(queue.indexOf(message), 1);
          const Records = batch.map(({ body }, index) => ({ messageId: String(index), body }));
          const { batchItemFailures } = await runTasks({ Records } as SQSEvent, context);
          if (batchItemFailures.length > 0) throw new Error('A message failed');
        }
      };
      const fresh: FreshJobs = {
        enqueue: (jobs) => port.enqueue(jobs),
        async pass(milliseconds) {
          const end = time + milliseconds;
          await work();
          for (;;) {
            const nextMinute = (Math.floor(time / MINUTE) + 1) * MINUTE;
            const next = Math.min(nextMinute, ...queue.map(({ visibleAt }) => visibleAt));
            if (next > end) break;
            time = Math.max(time, next);
            if (time === nextMinute) await dispatch({}, context);
            await work();
          }
          time = end;
        },
        now,
        runs: [],
      };
      return fresh;
    },
  };
}

async function* nothing(): AsyncGenerator<JobsPage> {}

/** Both must do the same; the queue keeps whole seconds, so what waits in it is up to a second late. */
export const JOB_IMPLEMENTATIONS = [
  { name: 'on SQS and DynamoDB', start: onAws },
  { name: 'in the test bench', start: inMemory },
] as const;
