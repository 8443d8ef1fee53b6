import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { sourcesOf } from '../../../functions/source-environment.ts';
import { createPluginSources } from '../../../shared/sources/plugin-sources.ts';
import { type SourceSitesOnLoopback, startSourceSites } from '../../support/source-servers/start-source-sites.ts';
import { type AdminUnderTest, startAdmin } from './admin-under-test.ts';

const SECRETS = '/api/organizations/@current/secrets/';
const PLUGINS = '/api/organizations/@current/plugins/';
const TOKENS = { npm: 'planted-npm-1', github: 'planted-github-2', gitlab: 'planted-gitlab-3' };
const FILES = { 'plugin.json': '{"name":"Private"}', 'index.js': 'exports.onEvent = () => 1;' };

let sites: SourceSitesOnLoopback;
let admin: AdminUnderTest;
beforeAll(async () => {
  sites = await startSourceSites();
  admin = await startAdmin();
  const environment = {
    HOGLET_SOURCES_NPM_URL: sites.npm.url,
    HOGLET_SOURCES_GITHUB_URL: sites.github.url,
    HOGLET_SOURCES_GITLAB_URL: sites.gitlab.url,
    HOGLET_SOURCES_PRIVATE_HOSTS: sites.hosts.join(','),
  };
  admin.deps.sources = createPluginSources({
    ...sourcesOf(environment, admin.deps.sourceTokens),
    now: Date.now,
    sleep: async () => {},
    warn: () => {},
  });
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await sites[Symbol.asyncDispose]();
});

const put = (name: string, value: unknown) =>
  admin.call({ method: 'PUT', path: `${SECRETS}${name}/`, body: { value } });

test('a token is set, replaced, shown as set and never as it is, and taken away, once or twice', async () => {
  const none = await admin.call({ path: SECRETS });
  const set = await put('npm', `  ${TOKENS.npm}\n`);
  const replaced = await put('npm', 'planted-npm-2');
  const listed = await admin.call({ path: SECRETS });
  const gone = [
    await admin.call({ method: 'DELETE', path: `${SECRETS}npm/` }),
    await admin.call({ method: 'DELETE', path: `${SECRETS}npm/` }),
  ];
  const after = await admin.call({ path: SECRETS });
  const { body: log } = await admin.call({ path: '/api/audit_log/' });

  const unset = (name: string) => ({ name, is_set: false, set_at: null });
  expect(none.body).toEqual([unset('npm'), unset('github'), unset('gitlab')]);
  expect(set.body).toEqual({ name: 'npm', is_set: true, set_at: expect.any(String) });
  expect(listed.body[0]).toEqual(replaced.body);
  expect(gone.map(({ status }) => status)).toEqual([204, 204]);
  expect(after.body).toEqual(none.body);
  expect(log.results.map(({ action, target }: { action: string; target: string }) => [action, target])).toEqual([
    [`DELETE ${SECRETS}{name}/`, 'secret npm'],
    [`DELETE ${SECRETS}{name}/`, 'secret npm'],
    [`PUT ${SECRETS}{name}/`, 'secret npm'],
    [`PUT ${SECRETS}{name}/`, 'secret npm'],
  ]);
  expect(JSON.stringify([set, replaced, listed, log, admin.lines, await admin.stored()])).not.toContain('planted');
});

it.each(['two words', 'zeile\u00e4', '', 'x'.repeat(5_000), 'a\r\nb: c'])(
  'what no header takes is refused, and not said back: %j',
  async (value) => {
    const reply = await put('github', value);

    expect([reply.status, reply.body.errors[0].path]).toEqual([400, 'body.value']);
    if (value !== '') expect(reply.text).not.toContain(value.slice(0, 20));
  },
);

const PRIVATE = {
  npm: {
    source: () => 'private',
    make() {
      sites.npm.publish('private', '1.0.0', FILES);
      sites.npm.hide('private', TOKENS.npm);
    },
  },
  github: {
    source: () => `${sites.github.url}/o/private`,
    make() {
      sites.github.commit('o/private', FILES);
      sites.github.hide('o/private', TOKENS.github);
    },
  },
  gitlab: {
    source: () => `${sites.gitlab.url}/o/private`,
    make() {
      sites.gitlab.commit('o/private', FILES);
      sites.gitlab.hide('o/private', TOKENS.gitlab);
    },
  },
};

it.each(['npm', 'github', 'gitlab'] as const)(
  'with the token for %s its private plugins can be installed from then on',
  async (name) => {
    const { make, source } = PRIVATE[name];
    make();
    const before = await admin.call({ method: 'POST', path: PLUGINS, body: { url: source() } });
    await put(name, TOKENS[name]);
    const after = await admin.call({ method: 'POST', path: PLUGINS, body: { url: source() } });

    expect([before.status, after.status]).toEqual([422, 201]);
    expect(before.body.detail).toContain(`set ${name.toUpperCase()}_TOKEN`);
    expect(after.body.has_private_token).toBe(false);
  },
);

it('no site gets the token of another, and public ones of the same kind none at all', async () => {
  for (const [name, value] of Object.entries(TOKENS)) await put(name, value);
  sites.files.answers.set('/plugin.zip', { status: 404 });

  await admin.call({ method: 'POST', path: PLUGINS, body: { url: `${sites.files.url}/plugin.zip` } });
  await admin.call({ method: 'POST', path: PLUGINS, body: { url: `gitlab+${sites.files.url}/group/plugin` } });
  await admin.call({ method: 'POST', path: PLUGINS, body: { url: `github+${sites.files.url}/owner/plugin` } });

  expect(sites.files.seen.map(({ path, headers }) => [path.split('/')[1], headers.authorization])).toEqual([
    ['plugin.zip', undefined],
    ['api', undefined],
    ['api', undefined],
  ]);
  for (const name of ['npm', 'github', 'gitlab'] as const)
    expect(sites[name].seen.every(({ token }) => token === null || token === TOKENS[name])).toBe(true);
});

it('a token that cannot be opened any more is a fault that names it, and shows nothing', async () => {
  await using broken = await startAdmin();
  await broken.deps.sourceTokens.set('npm', TOKENS.npm);
  const open = () => Promise.reject(new Error('The secret "npm" of source-token 0 cannot be opened'));
  broken.deps.sources = createPluginSources({
    ...sourcesOf(
      {
        HOGLET_SOURCES_NPM_URL: sites.npm.url,
        HOGLET_SOURCES_GITHUB_URL: 'https://github.com',
        HOGLET_SOURCES_GITLAB_URL: 'https://gitlab.com',
        HOGLET_SOURCES_PRIVATE_HOSTS: 'none',
      },
      { read: open },
    ),
    now: Date.now,
    sleep: async () => {},
    warn: () => {},
  });

  const reply = await broken.call({ method: 'POST', path: PLUGINS, body: { url: 'private' } });

  expect([reply.status, reply.body.code]).toEqual([500, 'internal_error']);
  expect(broken.faults.map(String)).toEqual(['Error: The secret "npm" of source-token 0 cannot be opened']);
});
