import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstToken } from '../../local/demo/first-token.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';
import { temporaryDirectory } from '../support/local-stack.ts';
import { eventOf } from '../support/plugin-host.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const SECRET = 'planted-secret-5d1e';

const codeOf = (mark: string) => `
  exports.processEvent = (event, { config, attachments }) => {
    const seen = [config.greeting, config.apiKey === '${SECRET}', attachments.list?.contents.toString()];
    event.properties = { ...event.properties, ${mark}: seen };
    return event;
  };`;
const MANIFEST = JSON.stringify({
  name: 'Greeter',
  config: [
    { key: 'greeting', type: 'string', required: true },
    { key: 'apiKey', type: 'string', secret: true },
    { key: 'list', type: 'attachment' },
  ],
});

let flow: FlowStack;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let profiles: string;
let token: string;

beforeAll(async () => {
  flow = await startFlowStack();
  directory = await temporaryDirectory();
  profiles = join(directory.path, 'profiles.json');
  token = (await firstToken({ ...flow.place, outputs: flow.outputs } as never, profiles)) as string;
}, 120_000);
afterAll(async () => {
  await flow[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the real command, with the profile that `npm start` keeps. */
function hoglet(parameters: string[], env: Record<string, string> = { HOGLET_PROFILES: profiles }): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], HOME: directory.path, ...env } };
    execFile(process.execPath, [MAIN, ...parameters], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function json<T>(...parameters: string[]): Promise<T> {
  const { code, stdout, stderr } = await hoglet([...parameters, '--json']);
  if (code !== 0) throw new Error(`hoglet ${parameters.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

async function pluginFolder(name: string, mark: string): Promise<string> {
  const folder = join(directory.path, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'plugin.json'), MANIFEST);
  await writeFile(join(folder, 'index.js'), codeOf(mark));
  return folder;
}

describe('a user with the command line alone', () => {
  it('installs a plugin, configures it with a secret and a file, updates it, rolls back, and events follow', async () => {
    const { id: project } = await json<{ id: number }>('projects', 'create', 'Shop', '--timezone', 'Europe/Berlin');
    const event = () => JSON.stringify(eventOf({ team_id: project, uuid: crypto.randomUUID() }));
    const secretFile = join(directory.path, 'key');
    const list = join(directory.path, 'list.txt');
    await writeFile(secretFile, SECRET);
    await writeFile(list, 'from a file');

    const { id: plugin } = await json<{ id: number }>('plugins', 'install', await pluginFolder('one', 'first'));
    const { id: config } = await json<{ id: number }>(
      'config',
      'add',
      String(plugin),
      'greeting=hello',
      `apiKey=@${secretFile}`,
      '--project',
      String(project),
    );
    await json('config', 'attach', String(config), 'list', list, '--type', 'text/plain');
    const before = await flow.run([event()]);
    await json('config', 'enable', String(config));
    const first = await flow.run([event()]);
    await json('plugins', 'update', String(plugin), await pluginFolder('two', 'second'));
    const second = await flow.run([event()]);
    const diff = await hoglet(['plugins', 'diff', String(plugin), '--from', '1', '--to', '2']);
    await json('plugins', 'rollback', String(plugin), '--to', '1');
    const third = await flow.run([event()]);
    await json('config', 'disable', String(config));
    const after = await flow.run([event()]);

    const seen = ['hello', true, 'from a file'];
    const marks = [before, first, second, third, after].map(({ events: [one] }) => {
      const { first: mark1, second: mark2 } = one?.properties ?? {};
      return { mark1, mark2 };
    });
    expect(marks).toEqual([
      { mark1: undefined, mark2: undefined },
      { mark1: seen, mark2: undefined },
      { mark1: undefined, mark2: seen },
      { mark1: seen, mark2: undefined },
      { mark1: undefined, mark2: undefined },
    ]);
    expect(diff.stdout).toContain('+    event.properties = { ...event.properties, second: seen };');
  }, 120_000);

  it('sees tables, and errors that say what to do, with their exit codes and without a stack', async () => {
    const outcomes = await Promise.all([
      hoglet(['config', 'list']),
      hoglet(['config', 'get', '999']),
      hoglet(['projects', 'create', ' ']),
      hoglet(['projects', 'list', '--token', 'hog_wrong']),
      hoglet(['projects', 'list'], { HOGLET_URL: 'http://127.0.0.1:1', HOGLET_TOKEN: 'x' }),
      hoglet(['projects', 'list'], { HOGLET_PROFILES: join(directory.path, 'none.json'), HOGLET_PROFILE: 'nobody' }),
      hoglet(['config', 'get', '999', '--json']),
    ]);

    expect(outcomes.map(({ code }) => code)).toEqual([0, 6, 8, 4, 3, 2, 6]);
    const [table, missing, refused, unknown, unreachable, noProfile, asJson] = outcomes;
    expect(table.stdout).toContain('Greeter (1)');
    expect(missing.stderr).toBe('There is no plugin config 999\n');
    expect(refused.stderr).toContain('body.name: must have 1 to 200 characters');
    expect(unknown.stderr).toContain('hoglet tokens create');
    expect(unreachable.stderr).toContain('http://127.0.0.1:1 cannot be reached');
    expect(noProfile.stderr).toContain('There is no profile "nobody"');
    expect(JSON.parse(asJson.stderr)).toMatchObject({ code: 'not_found', status: 404 });
    for (const { stderr } of outcomes) expect(stderr).not.toMatch(/^\s+at /m);
  }, 60_000);

  it('makes a token for one project, which sees that one only, and revokes it', async () => {
    const { id: own } = await json<{ id: number }>('projects', 'create', 'Own');
    const { id, value } = await json<{ id: string; value: string }>(
      'tokens',
      'create',
      'CI',
      '--scope',
      'project:read',
      '--project',
      String(own),
    );

    const listed = await hoglet(['projects', 'list', '--json', '--token', value]);
    const forbidden = await hoglet(['projects', 'create', 'X', '--token', value]);
    await json('tokens', 'revoke', id);
    const revoked = await hoglet(['projects', 'list', '--token', value]);

    expect((JSON.parse(listed.stdout) as { id: number }[]).map((each) => each.id)).toEqual([own]);
    expect([forbidden.code, revoked.code]).toEqual([5, 4]);
  }, 60_000);
});

describe('the first token', () => {
  it('is made once: the next start finds it, and nobody else can read it', async () => {
    const again = await firstToken({ ...flow.place, outputs: flow.outputs } as never, profiles);

    expect(again).toBeNull();
    expect(JSON.parse(await readFile(profiles, 'utf8'))).toEqual({
      profiles: { local: { url: flow.outputs['AdminUrl'], token } },
    });
    expect((await stat(profiles)).mode & 0o077).toBe(0);
  });

  it('can be made with AWS credentials alone, and kept as a profile', async () => {
    const own = join(directory.path, 'own/profiles.json');
    const { region, credentials, endpoints } = flow.place;
    const env = {
      HOGLET_PROFILES: own,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    };
    const table = flow.outputs['RegistryTableName'] as string;
    const url = flow.outputs['AdminUrl'] as string;

    const made = await hoglet(['tokens', 'bootstrap', '--table', table, '--save', 'mine', '--url', url], env);
    const used = await hoglet(['projects', 'list', '--profile', 'mine', '--json'], { HOGLET_PROFILES: own });

    expect([made.code, made.stderr, used.code]).toEqual([0, '', 0]);
    expect(made.stdout).not.toContain('hog_');
    expect((await stat(own)).mode & 0o077).toBe(0);
  }, 60_000);
});

describe('the API behind its URL', () => {
  it('answers who has no token with 401, who sends too much with 413, and says that it runs', async () => {
    const url = flow.outputs['AdminUrl'] as string;
    const authorization = `Bearer ${token}`;

    const [health, closed, large] = await Promise.all([
      fetch(`${url}health`),
      fetch(`${url}api/projects/`),
      fetch(`${url}api/projects/`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: 'x'.repeat(2_000_000),
      }),
    ]);

    expect([health.status, closed.status, large.status]).toEqual([200, 401, 413]);
    expect(closed.headers.get('content-type')).toBe('application/problem+json');
    expect(large.headers.get('strict-transport-security')).toBeTruthy();
  });

  it('keeps secrets and tokens out of every log and table', async () => {
    const clients = createAwsClients(flow.place);
    const { Items } = await clients.dynamodb.send(new ScanCommand({ TableName: flow.outputs['RegistryTableName'] }));
    clients.destroy();

    const everything = JSON.stringify([flow.logLines, Items]);
    expect(everything).toContain('Greeter');
    expect(everything).not.toContain(SECRET);
    expect(everything).not.toContain(token);
  });
});
