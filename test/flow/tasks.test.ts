import { setTimeout as sleep } from 'node:timers/promises';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LocalStack } from '../../local/start-local-stack.ts';
import { createTestClock, type TestClock } from '../../local/time/test-clock.ts';
import { type AwsClients, createAwsClients } from '../../shared/aws/clients.ts';
import { sendMessages } from '../../shared/aws/send-messages.ts';
import { createRegistryReader } from '../../shared/registry/registry-reader.ts';
import { createRegistryWriter } from '../../shared/registry/registry-writer.ts';
import { type Job, type Task, taskMessage } from '../../shared/state/task.ts';
import { until } from '../local/processes.ts';
import { type FlowPlugin, type FlowProject, installProject } from '../support/flow-project.ts';
import { flowReports } from '../support/flow-reports.ts';
import type { FlowStack } from '../support/flow-stack.ts';
import { startTestStack } from '../support/local-stack.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

let clock: TestClock;
let stack: LocalStack;
let aws: AwsClients;
let problems: string[];
/** What functions have written, as JSON. */
let lines: Record<string, unknown>[];

beforeEach(async () => {
  problems = [];
  lines = [];
  // Plugins see this machine's time, so the stack's begins with it: at the start of a minute, as rules are.
  clock = createTestClock({ startAt: Math.ceil(Date.now() / MINUTE) * MINUTE });
  stack = await startTestStack({
    clock,
    context: { 'runTasks.jobHopLimit': 3 },
    onProblem: (problem) => void problems.push(problem),
  });
  stack.onLogLine(({ line }) => void (/^\{.*\}$/.test(line) && lines.push(JSON.parse(line))));
  aws = createAwsClients(stack);
});
afterEach(async () => {
  aws.destroy();
  await stack.stop();
});

const output = (name: string) => stack.outputs[name] as string;

async function install(...plugins: FlowPlugin[]): Promise<FlowProject> {
  const place = { ...aws, table: output('RegistryTableName'), bucket: output('AssetsBucketName') };
  const registry = { ...createRegistryWriter({ ...place, now: clock.now }), ...createRegistryReader(place) };
  return installProject({ registry } as FlowStack, plugins);
}

/** What plugins have said: `<word> <time>` lines, by word the times. */
const said = (word: string): number[] =>
  lines.flatMap(({ message }) => {
    const [, first, time] = /^(\w+) (\d+)$/.exec(String(message)) ?? [];
    return first === word ? [Number(time)] : [];
  });
const messages = () => lines.map(({ message }) => String(message));
/** When the function wrote the lines that begin so, by the stack's clock. */
const writtenAt = (start: string) =>
  lines
    .filter(({ message }) => String(message).startsWith(start))
    .map(({ timestamp }) => Date.parse(String(timestamp)));

const job = (plugin: number, name: string, more: Partial<Job> = {}): Job => ({
  kind: 'job',
  id: `${name}-1`,
  plugin,
  name,
  runAt: clock.now(),
  hops: 0,
  retries: 0,
  ...more,
});
const send = (...tasks: Task[]) =>
  sendMessages(
    { sqs: aws.sqs, sleep },
    output('TasksQueueUrl'),
    tasks.map((task) => taskMessage(task)),
  );

it('a plugin that only has tasks is found, runs every minute, and its jobs run now and after 20 minutes', async () => {
  const from = clock.now();
  const later = from + 25 * MINUTE + 30 * SECOND;
  const project = await install({
    name: 'timely',
    config: { later },
    code: `exports.runEveryMinute = async ({ cache, jobs, config }) => {
        const run = (await cache.get('runs', 0)) + 1;
        await cache.set('runs', run);
        console.log('minute ' + run);
        if (run === 1) {
          await jobs.greet({ name: 'Ada' }).runNow();
          await jobs.greet({ name: 'Grace' }).runAt(config.later);
        }
      };
      exports.jobs = { greet: async ({ name }) => console.log('hello ' + name) };`,
  });

  await clock.advance(30 * MINUTE);

  await until('both jobs have run', () => writtenAt('hello').length >= 2);
  expect(messages().filter((message) => message.startsWith('hello'))).toEqual(['hello Ada', 'hello Grace']);
  expect((writtenAt('hello Ada')[0] as number) - from).toBeLessThan(2 * MINUTE);
  expect((writtenAt('hello Grace')[0] as number) - later).toBeGreaterThanOrEqual(0);
  expect((writtenAt('hello Grace')[0] as number) - later).toBeLessThan(10 * SECOND);
  expect(Math.abs(writtenAt('minute').length - 30)).toBeLessThanOrEqual(1);
  using reports = flowReports(stack, clock.now);
  expect(await reports.history(project.pluginConfigs[0] as number)).toEqual({
    'run-tasks TasksRun': writtenAt('minute').length + 2,
  });
  expect(problems).toEqual([]);
});

it('a job whose process is killed runs again, once, when its message comes again', async () => {
  const project = await install({
    name: 'slow',
    code: `exports.jobs = { slow: async () => {
      const end = Date.now() + 2000; while (Date.now() < end);
      console.log('done');
    } };`,
  });
  await send(job(project.pluginConfigs[0] as number, 'slow'));
  const runTasks = stack.functions.find(({ name }) => name.includes('RunTasks'));
  const leases = async () => {
    const { Items = [] } = await aws.dynamodb.send(new ScanCommand({ TableName: output('StateTableName') }));
    return Items.filter(({ sk, holder }) => sk === 'lease' && holder !== undefined);
  };

  await until('the job has a lease', async () => (await leases()).length === 1);
  await sleep(300);
  const [environment] = runTasks?.environments() ?? [];
  process.kill(environment?.processId as number, 'SIGKILL');
  await clock.advance(5 * MINUTE);

  await until('the job is done', () => messages().includes('done'));
  await clock.advance(5 * MINUTE);
  expect(messages().filter((message) => message === 'done')).toHaveLength(1);
  expect(await leases()).toEqual([]);
});

it('a row of jobs that lead to one another at once ends at the limit, one that waits goes on, and a RetryError is tried again', async () => {
  const project = await install({
    name: 'rows',
    code: `exports.jobs = {
        hasty: async (n, { jobs }) => { console.log('hasty ' + n); await jobs.hasty(n + 1).runNow(); },
        patient: async ({ n, from }, { jobs }) => {
          console.log('patient ' + n);
          if (n < 8) await jobs.patient({ n: n + 1, from }).runAt(from + n * 70_000);
        },
        failing: async (_, { cache }) => {
          const n = (await cache.get('failing', 0)) + 1;
          await cache.set('failing', n);
          console.log('failing ' + n);
          if (n < 3) throw new RetryError('not yet');
        },
        broken: async () => { console.log('broken ' + 1); throw new Error('never'); },
      };`,
  });
  const [plugin = 0] = project.pluginConfigs;

  await send(
    job(plugin, 'hasty', { payload: '1' }),
    job(plugin, 'patient', { payload: JSON.stringify({ n: 1, from: clock.now() }) }),
    job(plugin, 'failing'),
    job(plugin, 'broken'),
    // A message that comes twice.
    job(plugin, 'broken'),
  );
  await clock.advance(15 * MINUTE);

  await until('all is said', () => said('patient').length >= 8);
  expect(said('hasty')).toEqual([1, 2, 3, 4]);
  expect(messages().filter((message) => message.startsWith('The job "hasty" was not enqueued'))).toHaveLength(1);
  expect(said('patient')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(said('failing')).toEqual([1, 2, 3]);
  expect(said('broken')).toEqual([1]);
  expect(stack.metrics.sum('Hoglet', 'JobHopLimitReached')).toBe(1);
  expect((await project.read(plugin))?.error).toMatchObject({ hook: 'job failing', message: 'not yet' });
});

it('jobs of a plugin config that is disabled are dropped, and its owner is told', async () => {
  const project = await install({ name: 'off', code: `exports.jobs = { x: () => console.log('ran') };` });
  const [plugin = 0] = project.pluginConfigs;
  await project.change(plugin, { enabled: false });

  await send(job(plugin, 'x'));
  await clock.advance(MINUTE);

  await until('it is told', () => messages().some((message) => message.startsWith('The job "x" was dropped')));
  using reports = flowReports(stack, clock.now);
  await until('it is in its log', async () =>
    (await reports.log({ pluginConfig: plugin })).some(({ message }) => message.startsWith('The job "x" was dropped')),
  );
  expect(messages()).not.toContain('ran');
});
