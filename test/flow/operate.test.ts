import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstToken } from '../../local/demo/first-token.ts';
import { eventsIn, type FlowStack, startFlowStack } from '../support/flow-stack.ts';
import { temporaryDirectory } from '../support/local-stack.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');

const MANIFEST = JSON.stringify({
  name: 'Operated',
  publicJobs: { greet: { payload: { name: { type: 'string', required: true } } } },
});
const CODE = `
  exports.metrics = { greeted: 'sum' };
  exports.jobs = {
    greet(payload, { metrics }) {
      metrics.greeted.increment(2);
      console.log('Hello, ' + payload.name + ' (' + payload.$operation + ')');
    },
  };
  exports.processEvent = (event) => ({ ...event, properties: { ...event.properties, operated: true } });`;

let flow: FlowStack;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let profiles: string;
let config: number;
const running: ChildProcess[] = [];

beforeAll(async () => {
  flow = await startFlowStack({}, { keepDeadLetters: true });
  directory = await temporaryDirectory();
  profiles = join(directory.path, 'profiles.json');
  await firstToken({ ...flow.place, outputs: flow.outputs } as never, profiles);
  const folder = join(directory.path, 'plugin');
  await mkdir(folder);
  await writeFile(join(folder, 'plugin.json'), MANIFEST);
  await writeFile(join(folder, 'index.js'), CODE);
  const { id: project } = await json<{ id: number }>('projects', 'create', 'Shop', '--id', '1');
  const { id: plugin } = await json<{ id: number }>('plugins', 'install', folder);
  ({ id: config } = await json<{ id: number }>(
    'config',
    'add',
    String(plugin),
    '--project',
    String(project),
    '--enable',
  ));
}, 120_000);
afterAll(async () => {
  for (const child of running) child.kill();
  await flow[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const environment = () => ({ PATH: process.env['PATH'], HOME: directory.path, HOGLET_PROFILES: profiles });

/** Runs the real command. @throws when it ends with another code than 0 */
function hoglet(...parameters: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [MAIN, ...parameters], { env: environment() }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`hoglet ${parameters.join(' ')} ended with ${error.code}: ${stderr}`));
    });
  });
}

async function json<T>(...parameters: string[]): Promise<T> {
  return JSON.parse(await hoglet(...parameters, '--json')) as T;
}

/** Starts the real command; gives what it has said so far. */
function start(...parameters: string[]): { said(): string; child: ChildProcess } {
  const child = spawn(process.execPath, [MAIN, ...parameters], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  return { said: () => said, child };
}

/** Asks again until it is so; a command takes a second, more on a machine that is busy. */
async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`After 40 s it is still not so: ${isSo.toString()}`);
    await sleep(100);
  }
}

describe('who operates plugins with the command line alone', () => {
  it('runs a job, sees what it says while it says it, and what it came to', async () => {
    const { said, child } = start('logs', String(config), '--follow', '--source', 'console');

    const listed = await hoglet('jobs', 'list', String(config));
    const run = await json<{ id: string }>('jobs', 'run', String(config), 'greet', '--payload', '{"name":"Ada"}');
    await eventually(() => said().includes('Hello, Ada'));
    child.kill();
    await eventually(async () => (await hoglet('metrics', String(config))).includes('greeted'));
    const metrics = await json<{ results: { name: string; points: { value: number }[] }[] }>('metrics', String(config));

    expect(listed).toContain('name: string (required)');
    expect(run.id).toMatch(new RegExp(`^${config}-`));
    expect(said()).toMatch(/^\S+Z LOG {3}console Hello, Ada \(start\)\n$/);
    expect(Object.fromEntries(metrics.results.map(({ name, points }) => [name, points[0]?.value]))).toMatchObject({
      greeted: 2,
      TasksRun: 1,
    });
  }, 90_000);

  it('runs a job later, and not before', async () => {
    const startedAt = Date.now();
    await json('jobs', 'run', String(config), 'greet', '--payload', '{"name":"Bob"}', '--in', '3');

    await eventually(async () => (await hoglet('logs', String(config), '--search', 'HELLO, BOB')).includes('Bob'));

    expect(Date.now() - startedAt).toBeGreaterThan(3_000);
  }, 60_000);

  it('sends events, which go through the plugins', async () => {
    const file = join(directory.path, 'events.ndjson');
    await writeFile(file, '{"event":"first","distinct_id":"me"}\n{"event":"second","distinct_id":"me"}\n');

    const { uuids } = await json<{ uuids: string[] }>('send', '--file', file);
    await flow.settled();

    const seen = new Map(eventsIn(flow.arrived.messages).map(({ uuid, ...event }) => [uuid, event]));
    expect([...seen.keys()].toSorted(byText)).toEqual(uuids.toSorted(byText));
    expect(uuids.map((uuid) => seen.get(uuid))).toMatchObject([
      { event: 'first', properties: { operated: true } },
      { event: 'second', properties: { operated: true } },
    ]);
  }, 60_000);

  it('finds out why an event is a dead letter, removes the cause, sends it back, and it is ingested', async () => {
    const event = { event: 'lost', distinct_id: 'me', team_id: 77, uuid: crypto.randomUUID() };
    const count = async () => (await json<{ queue: string; count: number }[]>('dlq', 'list'))[0]?.count;
    await flow.send([JSON.stringify(event), '{"event":"for nobody","team_id":78,"distinct_id":"me"}']);
    await eventually(async () => (await count()) === 2);

    const letters = await json<{ id: string; reason: string; body: string }[]>('dlq', 'list', 'events');
    const lost = letters.find(({ body }) => body.includes('lost'));
    const shown = await hoglet('dlq', 'show', 'events', lost?.id ?? '');
    const tooEarly = await json<{ handled: number }>('dlq', 'redrive', 'events', lost?.id ?? '');
    await eventually(async () => (await count()) === 2);
    await json('projects', 'create', 'Found', '--id', '77');
    const redriven = await hoglet('dlq', 'redrive', 'events', '--reason', 'unknown_project');
    await eventually(() => eventsIn(flow.arrived.messages).some(({ event: name }) => name === 'lost'));
    await eventually(async () => (await count()) === 1);
    const removed = await hoglet('dlq', 'delete', 'events', '--all');

    expect(letters.map(({ reason }) => reason)).toEqual(['unknown_project', 'unknown_project']);
    expect(shown).toContain('There is no project 77');
    expect(shown).toContain('"distinct_id":"me"');
    expect(tooEarly.handled).toBe(1);
    // The one that comes back at once may be looked at, too.
    expect(redriven).toMatch(/^2 sent back to events; [23] were looked at\.\n$/);
    expect(eventsIn(flow.arrived.messages).filter(({ uuid }) => uuid === event.uuid)).toHaveLength(1);
    expect(removed).toBe('1 removed from the dead letters of events; 1 were looked at.\n');
    expect(await count()).toBe(0);
    expect(await hoglet('audit')).toContain('dead letters of events');
  }, 120_000);
});

const byText = (one: string, other: string): number => one.localeCompare(other);
