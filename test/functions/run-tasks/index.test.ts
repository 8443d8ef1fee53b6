import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { Measured } from '../../../functions/plugin-reports/plugin-metrics.ts';
import { holdLeases } from '../../../functions/run-tasks/hold-leases.ts';
import { createRunTasks, type TaskFacts } from '../../../functions/run-tasks/index.ts';
import { createPostpone } from '../../../functions/run-tasks/postpone.ts';
import { createRunRound } from '../../../functions/run-tasks/run-round.ts';
import { createRunningHops } from '../../../functions/run-tasks/running-hops.ts';
import { createSortTasks } from '../../../functions/run-tasks/sort-tasks.ts';
import type { QueueMessage } from '../../../shared/aws/group-messages.ts';
import type { LifecycleEvent } from '../../../shared/lifecycle/lifecycle-event.ts';
import type { HookCall, HookResult } from '../../../shared/sandbox/hook-call.ts';
import type { Job, ScheduledTask, Task } from '../../../shared/state/task.ts';
import { readTask } from '../../../shared/state/task.ts';
import type { LastRun } from '../../../shared/state/task-leases.ts';
import { configOf } from '../../support/followed-registry.ts';
import { hookError } from '../process-events/batch-result.ts';

const NOW = Date.parse('2030-01-01T00:00:30Z');
const MINUTE = 60_000;

const job = (more: Partial<Job> = {}): Job => ({
  kind: 'job',
  id: 'a',
  plugin: 7,
  name: 'x',
  runAt: NOW,
  hops: 0,
  retries: 0,
  ...more,
});
const scheduled = (more: Partial<ScheduledTask> = {}): ScheduledTask => ({
  kind: 'schedule',
  plugin: 7,
  hook: 'runEveryMinute',
  tick: NOW - 30_000,
  ...more,
});

interface Case {
  answer?: (call: HookCall) => HookResult;
  busy?: boolean;
  lastRun?: LastRun | null;
  ended?: string[];
  payloads?: Record<string, string>;
  unsent?: boolean;
}

function harness({
  answer = () => ({}),
  busy = false,
  lastRun = null,
  ended = [],
  payloads = {},
  unsent = false,
}: Case) {
  const rounds: string[][] = [];
  const calls: HookCall[] = [];
  const sent: { task: Task | null; delaySeconds: number | undefined }[] = [];
  const added: Job[] = [];
  const runs = [...ended];
  const released: unknown[] = [];
  const deleted: string[] = [];
  const logs: string[] = [];
  const errors: string[] = [];
  const counts: string[] = [];
  const told: LifecycleEvent[] = [];
  const facts: TaskFacts[] = [];
  const hops = createRunningHops();
  const seenHops: (number | null)[] = [];
  const exported = { methods: [], jobs: ['x', 'y'], scheduledTasks: ['runEveryMinute'] };
  const parts = {
    plugins: {
      refresh: async () => {},
      find: (id: number) => (id === 404 ? undefined : { ...configOf(id), capabilities: exported }),
    },
    host: {
      async invoke(round: HookCall[]) {
        rounds.push(round.map(({ plugin, hook }) => `${plugin} ${hook}`));
        calls.push(...round);
        seenHops.push(hops.current(7));
        const nothing = { errors: [], logs: [], logsDropped: 0, cpuMicroseconds: 0, verdicts: [] };
        return { ...nothing, results: round.map(answer) };
      },
    },
    hops,
    store: { add: async (jobs: readonly Job[]) => void added.push(...jobs) },
    jobRuns: {
      find: async ({ id, retries }: Pick<Job, 'id' | 'retries'>) => {
        const run = runs.find((one) => one.startsWith(`${id}#${retries}`));
        return run === undefined ? null : { isOver: run.endsWith(' over') };
      },
      add: async ({ id, retries }: Pick<Job, 'id' | 'retries'>, isOver: boolean) =>
        void runs.push(`${id}#${retries}${isOver ? ' over' : ''}`),
    },
    postpone: createPostpone(async (messages: QueueMessage[]) => {
      if (unsent) return messages;
      sent.push(...messages.map(({ body, delaySeconds }) => ({ task: readTask(body), delaySeconds })));
      return [];
    }),
    async readPayload(key: string) {
      const payload = payloads[key];
      if (payload === undefined) throw new Error('no such payload');
      return payload;
    },
    deletePayload: async (key: string) => void deleted.push(key),
    recordPluginErrors: async (result: { errors: { last: { message: string } }[] }) =>
      void errors.push(...result.errors.map(({ last }) => last.message)),
    reportMetrics: ({ counts: counted = [] }: Measured) =>
      void counts.push(...counted.map(({ plugin, name, value }) => `${plugin} ${name} ${value}`)),
    log: ({ message }: { message: string }) => void logs.push(message),
    tell: (event: LifecycleEvent) => void told.push(event),
    warn: () => {},
    now: () => NOW,
  };
  const leases = {
    acquire: async () => (busy ? null : { lastRun }),
    renew: async () => true,
    release: async (_: unknown, __: string, run?: LastRun) => void released.push(run ?? null),
  };
  const handler = createRunTasks({
    ...parts,
    holdLeases: () => holdLeases({ leases, holder: 'me', every: () => () => {}, warn: () => {} }, 10_000),
    sortTasks: createSortTasks(parts),
    runRound: createRunRound(parts),
    report: (fact) => void facts.push(fact),
    clock: () => 0,
  });
  const run = async (...tasks: (Task | string)[]) => {
    const Records = tasks.map((task, index) => ({
      messageId: String(index),
      body: typeof task === 'string' ? task : JSON.stringify(task),
    }));
    const { batchItemFailures } = await handler({ Records } as SQSEvent, { getRemainingTimeInMillis: () => 25_000 });
    return batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier));
  };
  return { run, rounds, calls, sent, added, runs, released, deleted, logs, told, errors, counts, facts, seenHops };
}

describe('run-tasks', () => {
  it('runs tasks of different names side by side, and those of one name one after the other', async () => {
    const test = harness({});

    const failed = await test.run(job(), job({ id: 'b', payload: '1' }), job({ id: 'c', name: 'y' }), scheduled());

    expect(failed).toEqual([]);
    expect(test.rounds).toEqual([['7 job x', '7 job y', '7 runEveryMinute'], ['7 job x']]);
    expect(test.calls.map(({ argument }) => argument)).toEqual([undefined, undefined, undefined, '1']);
    expect(test.released).toHaveLength(3);
    expect(test.released).toContainEqual({ endedAt: NOW, tick: NOW - 30_000 });
  });

  it('runs a job once that arrives twice, in one batch or after it has run', async () => {
    const test = harness({ ended: ['b#0'] });

    await test.run(job(), job(), job({ id: 'b' }), job({ id: 'b', retries: 1 }));

    expect(test.rounds).toEqual([['7 job x'], ['7 job x']]);
    expect(test.runs).toEqual(['b#0', 'a#0 over', 'b#1 over']);
    expect(test.facts[0]?.account).toMatchObject({ ran: 2, skipped: 2 });
  });

  it('takes away the payload of a job that has ended when whoever ran it has not, unless another attempt follows', async () => {
    const test = harness({ ended: ['a#0 over', 'b#0'] });

    await test.run(job({ payloadKey: 'over' }), job({ id: 'b', payloadKey: 'to be tried again' }));

    expect(test.rounds).toEqual([]);
    expect(test.deleted).toEqual(['over']);
  });

  it('tries a job again that throws RetryError, later each time, and gives it up in the end', async () => {
    const error = hookError({ name: 'RetryError', message: 'later', retry: true });
    const test = harness({ answer: () => ({ error }) });

    await test.run(job({ hops: 4 }), job({ id: 'b', name: 'y', retries: 15 }));

    expect(test.added).toMatchObject([{ id: 'a', retries: 1, runAt: NOW + 6000, hops: 0 }]);
    expect(test.logs).toEqual([expect.stringContaining('"y" is given up after 15 retries: RetryError: later')]);
    expect(test.told).toMatchObject([
      { type: 'Job given up', pluginConfig: 7, cause: 'retries_exhausted', job: 'y', error: { message: 'later' } },
    ]);
    expect(test.errors).toEqual(['later', 'later']);
    expect(test.facts[0]?.account).toMatchObject({ retried: 1, givenUp: 1 });
  });

  it('records any other error, and does not try again', async () => {
    const test = harness({ answer: () => ({ error: hookError({ message: 'no' }) }) });

    expect(await test.run(job(), scheduled())).toEqual([]);

    expect([test.added, test.sent, test.errors]).toEqual([[], [], ['no', 'no']]);
  });

  it('counts for each plugin config what ran, what failed of it, and nothing that could not be asked', async () => {
    const answers: Record<string, HookResult> = {
      '7 job x': {},
      '7 runEveryMinute': { error: hookError() },
      '8 job x': { error: hookError({ name: 'NotLoadedError' }) },
      '9 job x': { unfinished: true },
    };
    const test = harness({ answer: ({ plugin, hook }) => answers[`${plugin} ${hook}`] as HookResult });

    await test.run(job(), scheduled(), job({ id: 'b', plugin: 8 }), job({ id: 'c', plugin: 9 }));

    expect(test.counts).toEqual(['7 TasksRun 1', '7 TasksRun 1', '7 TasksFailed 1']);
  });

  it('lets jobs wait, each time longer, while another one of their name is at work elsewhere; a scheduled task is skipped', async () => {
    const test = harness({ busy: true });

    await test.run(job(), job({ id: 'b', waits: 3 }), job({ id: 'c', waits: 99 }), scheduled());

    expect(test.rounds).toEqual([]);
    expect(test.sent).toMatchObject([
      { task: { id: 'a', waits: 1 }, delaySeconds: 1 },
      { task: { id: 'b', waits: 4 }, delaySeconds: 8 },
      { task: { id: 'c' }, delaySeconds: 60 },
    ]);
  });

  it('lets tasks wait for a plugin that is not set up yet, and blames nobody', async () => {
    const test = harness({ answer: () => ({ error: hookError({ name: 'NotLoadedError' }) }) });

    await test.run(job(), scheduled(), scheduled({ plugin: 8, tick: NOW - MINUTE }));

    expect(test.sent).toMatchObject([
      { task: { kind: 'job' }, delaySeconds: 60 },
      { task: { kind: 'schedule' }, delaySeconds: 60 },
    ]);
    expect([test.errors, test.runs]).toEqual([[], []]);
  });

  it('has tasks come again at once that the time was over for', async () => {
    const test = harness({ answer: () => ({ unfinished: true }) });

    expect(await test.run(job())).toEqual([]);

    expect(test.sent).toMatchObject([{ task: { id: 'a' }, delaySeconds: 0 }]);
    expect(test.runs).toEqual([]);
  });

  it('drops jobs of a plugin config that is disabled or gone, with a line for its owner and an event for the operator', async () => {
    const test = harness({});

    expect(await test.run(job({ plugin: 404, payloadKey: 'k' }), scheduled({ plugin: 404 }))).toEqual([]);

    expect(test.logs).toEqual(['The job "x" was dropped: the plugin config is disabled or gone.']);
    expect(test.told).toEqual([{ type: 'Job given up', pluginConfig: 404, cause: 'plugin_off', job: 'x', jobs: 1 }]);
    expect([test.rounds, test.deleted]).toEqual([[], ['k']]);
  });

  it('puts a scheduled task off until its interval is over, and knows it then', async () => {
    const lastRun = { endedAt: NOW - 20_000, tick: NOW - MINUTE };
    const test = harness({ lastRun });

    await test.run(scheduled());

    expect(test.sent).toEqual([{ task: scheduled({ notBefore: NOW + 40_000 }), delaySeconds: 40 }]);
    expect(test.rounds).toEqual([]);
  });

  it('does not ask for a scheduled task that the plugin does not export', async () => {
    const test = harness({});

    await test.run(scheduled({ hook: 'runEveryDay' }));

    expect([test.rounds, test.sent]).toEqual([[], []]);
  });

  it('reads a large payload from the bucket, and deletes it when its job has ended for good', async () => {
    const retry = hookError({ name: 'RetryError', retry: true });
    const test = harness({
      payloads: { k: '"large"', r: '"again"' },
      answer: ({ argument }) => (argument === '"again"' ? { error: retry } : {}),
    });

    await test.run(job({ payloadKey: 'k' }), job({ id: 'r', name: 'y', payloadKey: 'r' }));

    expect(test.calls.map(({ argument }) => argument)).toEqual(['"large"', '"again"']);
    expect(test.deleted).toEqual(['k']);
    expect(test.added).toMatchObject([{ payloadKey: 'r' }]);
    expect(test.added[0]?.payload).toBeUndefined();
  });

  it('has only the messages come again that could not be dealt with', async () => {
    const test = harness({});

    expect(await test.run('no task', job(), job({ id: 'b', name: 'y', payloadKey: 'missing' }))).toEqual([0, 2]);

    expect(test.rounds).toEqual([['7 job x']]);
  });

  it('does not acknowledge a task that it could not put off', async () => {
    const test = harness({ busy: true, unsent: true });

    expect(await test.run(job(), scheduled())).toEqual([0]);
  });

  it('says what each run is called, and how many captures have led to it; a retry is another run of the same work', async () => {
    const error = hookError({ name: 'RetryError', retry: true });
    const test = harness({ answer: ({ hook }) => (hook === 'job x' ? { error } : {}) });

    const made = job({ id: 'c', plugin: 8, cause: 'event' });
    await test.run(job({ captureHops: 4 }), job({ id: 'b', name: 'y', retries: 2 }), scheduled(), made);

    expect(test.calls.map(({ cause, hops }) => [cause, hops])).toEqual([
      ['a:0', 4],
      ['b:2', undefined],
      [String(NOW - 30_000), undefined],
      ['event:0', undefined],
    ]);
    expect(test.added).toMatchObject([
      { id: 'a', retries: 1, captureHops: 4 },
      { id: 'c', cause: 'event' },
    ]);
  });

  it('knows the hops of what runs, and of nothing else', async () => {
    const test = harness({});

    await test.run(job({ hops: 3 }), job({ id: 'b', name: 'y', hops: 5 }), job({ id: 'c', plugin: 8, hops: 9 }));

    expect(test.seenHops).toEqual([5]);
  });
});
