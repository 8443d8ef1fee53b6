import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdminCall } from '../../local/demo/admin-client.ts';
import { firstToken } from '../../local/demo/first-token.ts';
import { setTokensOfEnvironment } from '../../local/demo/tokens-of-environment.ts';
import { createTestClock, type TestClock } from '../../local/time/test-clock.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { createObjectBucket } from '../../shared/aws/object-bucket.ts';
import { until } from '../local/processes.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';
import { type HogletCommand, hogletCommand } from '../support/hoglet-command.ts';
import { temporaryDirectory } from '../support/local-stack.ts';
import { eventOf } from '../support/plugin-host.ts';
import { minuteRulesOf } from '../support/schedules.ts';
import type { SourceFiles } from '../support/source-servers/git-store.ts';
import { makeZip, zipOf } from '../support/source-servers/make-zip.ts';
import { type SourceSitesOnLoopback, startSourceSites } from '../support/source-servers/start-source-sites.ts';

/** Nothing but what is planted begins like this. */
const PLANTED = 'planted0secret';
const TOKENS = { npm: `${PLANTED}Npm`, github: `${PLANTED}GitHub`, gitlab: `${PLANTED}GitLab` };
const PRIVATE_TOKEN = `${PLANTED}Private`;
const CONFIG_SECRET = `${PLANTED}Config`;
const DAY = 86_400_000;

let sites: SourceSitesOnLoopback;
let clock: TestClock;
let flow: FlowStack;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let hoglet: HogletCommand;
let adminToken: string;

beforeAll(async () => {
  sites = await startSourceSites();
  clock = createTestClock();
  // What the settings would make of these URLs. They are others each time, and a stack is synthesised once for all runs.
  const chosen = {
    HOGLET_SOURCES_NPM_URL: sites.npm.url,
    HOGLET_SOURCES_GITHUB_URL: sites.github.url,
    HOGLET_SOURCES_GITLAB_URL: sites.gitlab.url,
    HOGLET_SOURCES_PRIVATE_HOSTS: sites.hosts.join(','),
  };
  flow = await startFlowStack(
    { 'processEvents.hookTimeoutSeconds': 10 },
    {
      clock,
      async standBetween(variables) {
        const isFetching = 'HOGLET_SOURCES_NPM_URL' in variables;
        return { variables: { ...variables, ...(isFetching ? chosen : {}) }, onStart() {}, onEnd() {} };
      },
    },
  );
  await (await minuteRulesOf(flow.place)).switchOff();
  directory = await temporaryDirectory();
  const profiles = join(directory.path, 'profiles.json');
  adminToken = (await firstToken({ ...flow.place, outputs: flow.outputs } as never, profiles)) as string;
  hoglet = hogletCommand({ HOME: directory.path, HOGLET_PROFILES: profiles });
}, 180_000);
afterAll(async () => {
  await flow?.[Symbol.asyncDispose]();
  await sites?.[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

interface Plugin {
  id: number;
  tag: string;
  latest_tag: string | null;
  update_available: boolean;
  latest_tag_problem: string | null;
  has_private_token: boolean;
}

/** A plugin that says who it is and which version, in a plugin of more than one file. */
function filesSaying(name: string, version: number): SourceFiles {
  const config = [
    { key: 'suffix', type: 'string', default: '!' },
    { key: 'apiKey', type: 'string', secret: true },
  ];
  return {
    'plugin.json': JSON.stringify({ name, config }),
    'index.js': `import { say } from './lib/say';
      export function processEvent(event, { config }) {
        event.properties.said = [...(event.properties.said ?? []), say(config.suffix)];
        event.properties.keyCharacters = config.apiKey?.length;
        return event;
      }`,
    'lib/say.ts': `export const say = (suffix: string): string => '${name} ${version}' + suffix;\n`,
  };
}

interface Place {
  /** What is written to install it. */
  source: string;
  publish(version: number): void;
  hide(token: string): void;
  /** Tokens of all requests so far. */
  tokensSeen(): Set<string | null>;
}

/** One private plugin at each kind of site. */
function placesOf({ npm, github, gitlab }: SourceSitesOnLoopback): Record<keyof typeof TOKENS, Place> {
  const seenBy = (server: { seen: { token: string | null }[] }) => new Set(server.seen.map(({ token }) => token));
  return {
    npm: {
      source: '@acme/speaker',
      publish: (version) => npm.publish('@acme/speaker', `${version}.0.0`, filesSaying('npm', version)),
      hide: (token) => npm.hide('@acme/speaker', token),
      tokensSeen: () => seenBy(npm),
    },
    github: {
      source: `${github.url}/acme/speaker`,
      publish: (version) => void github.commit('acme/speaker', filesSaying('github', version)),
      hide: (token) => github.hide('acme/speaker', token),
      tokensSeen: () => seenBy(github),
    },
    gitlab: {
      source: `${gitlab.url}/acme/tools/speaker`,
      publish: (version) => void gitlab.commit('acme/tools/speaker', filesSaying('gitlab', version)),
      hide: (token) => gitlab.hide('acme/tools/speaker', token),
      tokensSeen: () => seenBy(gitlab),
    },
  };
}

/** Sends one event through a project's chain; what came out. */
async function propertiesOf(project: number): Promise<Record<string, unknown>> {
  const { events } = await flow.run([JSON.stringify(eventOf({ team_id: project, uuid: randomUUID() }))]);
  return events[0]?.properties ?? {};
}

const said = async (project: number) => (await propertiesOf(project))['said'];

const installed = async () => (await hoglet.json<Plugin[]>('plugins', 'list')).length;

describe('a private plugin', () => {
  it.each(['npm', 'github', 'gitlab'] as const)(
    'of %s is installed with the deployment’s token, configured, run, compared, updated and rolled back; events follow each step',
    async (kind) => {
      const place = placesOf(sites)[kind];
      place.publish(1);
      place.hide(TOKENS[kind]);
      const { id: project } = await hoglet.json<{ id: number }>('projects', 'create', `Of ${kind}`);

      const without = await hoglet.run(['plugins', 'install', place.source]);
      const wrong = await hoglet.run(['plugins', 'install', `${place.source}?private_token=${PRIVATE_TOKEN}`]);
      await writeFile(join(directory.path, 'token'), `${TOKENS[kind]}\n`);
      await hoglet.json('secrets', 'set', kind, `@${join(directory.path, 'token')}`);
      const { id, tag } = await hoglet.json<Plugin>('plugins', 'install', place.source);
      const values = ['suffix=?', `apiKey=${CONFIG_SECRET}`, '--project', project, '--enable'];
      await hoglet.json('config', 'add', id, ...values);
      const first = await said(project);
      const upToDate = await hoglet.run(['plugins', 'check', String(id)]);
      place.publish(2);
      const newer = await hoglet.json<{ plugin: Plugin }>('plugins', 'check', id);
      const diff = await hoglet.run(['plugins', 'diff', String(id)]);
      const unchanged = await said(project);
      const updated = await hoglet.json<Plugin>('plugins', 'update', id);
      const second = await said(project);
      const back = await hoglet.json<Plugin>('plugins', 'rollback', id, '--to', 1);
      const { said: third, keyCharacters } = await propertiesOf(project);

      expect([without.code, wrong.code]).toEqual([8, 8]);
      expect(without.stderr).toContain(`or it is private: what is private answers 404 without a token`);
      expect(without.stderr).toContain(`set ${kind.toUpperCase()}_TOKEN`);
      expect(wrong.stderr).toContain('or the private_token may not read it');
      expect([first, unchanged, second, third]).toEqual([
        [`${kind} 1?`],
        [`${kind} 1?`],
        [`${kind} 2?`],
        [`${kind} 1?`],
      ]);
      expect(keyCharacters).toBe(CONFIG_SECRET.length);
      expect(upToDate.stdout).toBe('There is no newer version.\n');
      expect(newer.plugin).toMatchObject({ tag, update_available: true });
      expect(diff.stdout).toContain(`-export const say = (suffix: string): string => '${kind} 1' + suffix;`);
      expect(diff.stdout).toContain(`+export const say = (suffix: string): string => '${kind} 2' + suffix;`);
      expect([updated.tag, updated.update_available]).toEqual([newer.plugin.latest_tag, false]);
      expect([back.tag, back.update_available]).toEqual([tag, true]);
      expect(place.tokensSeen()).toEqual(new Set([null, PRIVATE_TOKEN, TOKENS[kind]]));
    },
    120_000,
  );

  it('is ordered among others, and the chain follows', async () => {
    const { id: project } = await hoglet.json<{ id: number }>('projects', 'create', 'All');
    const plugins = await hoglet.json<Plugin[]>('plugins', 'list');
    const configs: number[] = [];
    for (const { id } of plugins)
      configs.push((await hoglet.json<Plugin>('config', 'add', id, '--project', project, '--enable')).id);

    const before = await said(project);
    await hoglet.json('config', 'order', ...configs.toReversed(), '--project', project);
    const after = await said(project);

    expect(before).toEqual(['npm 1!', 'github 1!', 'gitlab 1!']);
    expect(after).toEqual(['gitlab 1!', 'github 1!', 'npm 1!']);
  }, 120_000);

  it('whose archive lies on another host is fetched there without the token', async () => {
    sites.gitlab.commit('acme/elsewhere', filesSaying('elsewhere', 1));
    const location = `${sites.files.url}/elsewhere.zip`;
    sites.files.answers.set('/elsewhere.zip', { body: zipOf(filesSaying('elsewhere', 1), 'top/') });
    sites.gitlab.faults.push({ on: 'archive.zip', answer: { status: 302, headers: { location } } });

    await hoglet.json('plugins', 'install', `${sites.gitlab.url}/acme/elsewhere`);

    const asked = sites.gitlab.seen.filter(({ path }) => path.includes('elsewhere'));
    expect(new Set(asked.map(({ token }) => token))).toEqual(new Set([TOKENS.gitlab]));
    for (const { headers } of [...sites.files.seen, ...sites.github.codeload.seen])
      expect(headers.authorization).toBeUndefined();
    // GitHub has sent its archives from another host, too.
    expect(sites.github.codeload.seen.length).toBeGreaterThan(0);
  }, 60_000);

  it('behind a private_token keeps it sealed, and uses it for updates', async () => {
    const archive = (version: number) => ({ body: zipOf(filesSaying('archive', version)) });
    sites.files.answers.set('/private.zip', archive(1));
    const { id, has_private_token: isKept } = await hoglet.json<Plugin>(
      'plugins',
      'install',
      `${sites.files.url}/private.zip?private_token=${PRIVATE_TOKEN}`,
    );

    sites.files.answers.set('/private.zip', archive(2));
    await hoglet.json('plugins', 'update', id);

    const asked = sites.files.seen.filter(({ path }) => path.startsWith('/private.zip'));
    expect(isKept).toBe(true);
    expect(asked.map(({ path, token }) => [path, token])).toEqual([
      ['/private.zip', PRIVATE_TOKEN],
      ['/private.zip', PRIVATE_TOKEN],
    ]);
  }, 60_000);
});

describe('what cannot be had is said, and nothing is installed', () => {
  it.each<[string, () => string, number, string]>([
    ['a package that there is not', () => 'nobody-has-this', 8, 'There is no npm package nobody-has-this'],
    ['a version that there is not', () => '@acme/speaker@7', 8, 'has no version "7". It has 2; the newest are 2.0.0'],
    [
      'a site that takes no more requests',
      () => {
        const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Date.UTC(2126, 0, 1) / 1000) };
        sites.github.faults.push({ on: '/commits/', answer: { status: 403, headers } });
        return `${sites.github.url}/acme/speaker`;
      },
      3,
      'takes no more requests before 2126-01-01T00:00:00.000Z',
    ],
    [
      'a download that ends too soon, twice',
      () => {
        for (let times = 0; times < 2; times++)
          sites.gitlab.faults.push({ on: 'archive.zip', answer: { body: 'x'.repeat(5_000), cutAfterBytes: 1_000 } });
        return `${sites.gitlab.url}/acme/tools/speaker/-/tree/main`;
      },
      3,
      'of 5000',
    ],
    ['an address that nobody has named', () => 'http://127.0.0.1:1/plugin.zip', 8, 'Hoglet does not fetch from'],
  ])(
    '%s',
    async (_title, prepare, code, message) => {
      const before = await installed();

      const outcome = await hoglet.run(['plugins', 'install', prepare()]);

      expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(message)]);
      expect(await installed()).toBe(before);
    },
    60_000,
  );

  it('an archive that unpacks to more than is allowed, however small it is: table and bucket stay as they were', async () => {
    const archives = {
      'many.zip': makeZip(Array.from({ length: 100_000 }, (_, index) => ({ path: `${index}`, isStored: true }))),
      'manifest.zip': makeZip([{ path: 'plugin.json', content: `{"name":"${'x'.repeat(50_000_000)}"}` }]),
      'link.zip': makeZip([
        { path: 'plugin.json', content: '{"name":"x"}' },
        { path: 'index.js', content: '/etc/passwd', mode: 0o120777 },
      ]),
    };
    const before = await stored();

    const outcomes: string[] = [];
    for (const [name, content] of Object.entries(archives)) {
      await writeFile(join(directory.path, name), content);
      const { code, stderr } = await hoglet.run(['plugins', 'install', join(directory.path, name)]);
      outcomes.push(`${code} ${stderr}`);
    }

    expect(outcomes).toEqual([
      expect.stringMatching(/^8 .*more than the 5000 entries/),
      expect.stringMatching(/^8 .*47\.7 MiB unpacked; 1 MiB are allowed/),
      expect.stringMatching(/^8 .*is a link/),
    ]);
    expect(await stored()).toEqual(before);
  }, 120_000);
});

describe('each day', () => {
  it('sources are asked for newer versions, and marked; one that fails stops no other, and what has not changed is not sent again', async () => {
    const places = placesOf(sites);
    places.npm.publish(3);
    places.gitlab.publish(3);
    // The token does not open it any more.
    sites.github.hide('acme/speaker', 'another');
    const looks = () => flow.logLines.filter((line) => line.includes('Looked for newer versions of')).length;

    await clock.advance(DAY);
    await until('the sources were asked', () => looks() === 1);
    const plugins = await hoglet.json<Plugin[]>('plugins', 'list');
    const table = await hoglet.run(['plugins', 'list']);
    const seenBefore = sites.gitlab.seen.length;
    await clock.advance(DAY);
    await until('they were asked again', () => looks() === 2);

    const [npm, github, gitlab] = plugins;
    expect(npm).toMatchObject({ latest_tag: '3.0.0', update_available: true, latest_tag_problem: null });
    expect(github?.latest_tag_problem).toContain('There is no repository');
    expect(gitlab).toMatchObject({ update_available: true, latest_tag_problem: null });
    expect(table.stdout.split('\n').find((line) => line.includes('npm:@acme/speaker'))).toContain('3.0.0');
    expect(flow.logLines.some((line) => line.includes('The source of github could not be asked'))).toBe(true);
    const again = sites.gitlab.seen.slice(seenBefore).filter(({ path }) => path.includes('tools%2Fspeaker'));
    expect(again.length).toBeGreaterThan(0);
    for (const { headers } of again) expect(headers['if-none-match']).toBeDefined();
  }, 120_000);
});

it('tokens of the developer’s environment become the stack’s, and are forgotten on demand', async () => {
  await hoglet.json('secrets', 'unset', 'npm');
  await hoglet.json('secrets', 'unset', 'gitlab');
  const call = createAdminCall(flow.outputs['AdminUrl'] as string, adminToken);

  const taken = await setTokensOfEnvironment(call, { NPM_TOKEN: TOKENS.npm, GITLAB_TOKEN: '  ', HOME: '/' });

  const listed = await hoglet.json<{ name: string; is_set: boolean }[]>('secrets', 'list');
  expect(taken).toEqual(['NPM_TOKEN']);
  expect(listed.map(({ name, is_set: isSet }) => [name, isSet])).toEqual([
    ['npm', true],
    ['github', true],
    ['gitlab', false],
  ]);
});

it('no token and no secret is in what was printed, logged or stored', async () => {
  const clients = createAwsClients(flow.place);
  const tables = await Promise.all(
    ['RegistryTableName', 'StateTableName'].map((name) =>
      clients.dynamodb.send(new ScanCommand({ TableName: flow.outputs[name] })),
    ),
  );
  const bucket = createObjectBucket(clients.s3, flow.outputs['AssetsBucketName'] as string);
  const objects: (string | null)[] = [];
  for await (const { key } of bucket.list('')) objects.push(key, await bucket.get(key));
  clients.destroy();
  const audit = await hoglet.run(['audit', '--json']);

  const everything = JSON.stringify([tables.map(({ Items }) => Items), objects, flow.logLines, hoglet.printed, audit]);
  expect(everything).toContain('npm:@acme/speaker');
  expect(everything).toContain('PUT /api/organizations/@current/secrets/{name}/');
  for (const form of [PLANTED, ...['', ' ', '  '].map(base64Of), adminToken]) expect(everything).not.toContain(form);
});

/** What of the planted text is the same in base64, wherever it begins. */
function base64Of(before: string): string {
  return Buffer.from(`${before}${PLANTED}`).toString('base64').slice(4, -4);
}

/** All that is in the registry, but for the log of who asked for what, and the keys of all objects. */
async function stored(): Promise<unknown> {
  const clients = createAwsClients(flow.place);
  const { Items = [] } = await clients.dynamodb.send(new ScanCommand({ TableName: flow.outputs['RegistryTableName'] }));
  const keys: string[] = [];
  const bucket = createObjectBucket(clients.s3, flow.outputs['AssetsBucketName'] as string);
  for await (const { key } of bucket.list('')) keys.push(key);
  clients.destroy();
  return { items: Items.filter(({ pk }) => !String(pk).startsWith('audit-log')), keys };
}
