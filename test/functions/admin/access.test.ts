import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { ROUTES } from '../../../functions/admin/routes.ts';
import { createTokenBuckets } from '../../../functions/admin/token-bucket.ts';
import { type AdminUnderTest, startAdmin } from './admin-under-test.ts';

let admin: AdminUnderTest;
/** What project 1 has; project 2 has the same, and the tokens of project 1 must not see it. */
const ids = { plugin: 0, own: 0, other: 0, tokenId: '', letter: '' };
const SECRET = 'planted-secret-7f3a';

beforeAll(async () => {
  admin = await startAdmin();
  const { projects, pluginConfigs } = admin.deps;
  await projects.create({ name: 'One', personalApiKey: SECRET });
  await projects.create({ name: 'Two', personalApiKey: SECRET });
  ids.plugin = await admin.installPlugin({
    name: 'P',
    config: [
      { key: 'k', secret: true },
      { key: 'file', type: 'attachment' },
    ],
  });
  const values = { k: SECRET };
  ids.own = (await pluginConfigs.create({ projectId: 1, pluginId: ids.plugin }, { values })).id;
  ids.other = (await pluginConfigs.create({ projectId: 2, pluginId: ids.plugin }, { values })).id;
  const token = await admin.tokenFor('project:read', [1]);
  ids.letter = await admin.queues.send('events-letters', '{"event":"x"}', { reason: 'unknown_project' });
  ids.tokenId = (await admin.deps.tokens.find(token))?.id ?? '';
});
afterAll(() => admin[Symbol.asyncDispose]());

const guarded = ROUTES.filter(({ scope }) => scope !== 'public');
const nameOf = ({ method, path }: (typeof ROUTES)[number]) => `${method.toUpperCase()} ${path}`;

/** A path of the route, about things of a project. */
function pathOf(path: string, project: 1 | 2): string {
  const filled = path.startsWith('/api/plugin_config/')
    ? path.replace('{id}', String(project === 1 ? ids.own : ids.other))
    : path.startsWith('/api/projects/')
      ? path.replace('{id}', String(project))
      : path
          .replace('/api/tokens/{id}/', `/api/tokens/${ids.tokenId}/`)
          .replace('/{queue}/{id}/', `/{queue}/${ids.letter}/`)
          .replace('/uploads/{id}/', `/uploads/${'0'.repeat(32)}/`);
  return filled
    .replace('{id}', String(ids.plugin))
    .replace('{part}', '0')
    .replace('{queue}', 'events')
    .replace('{name}', 'npm')
    .replace(/\/diff\/$/, '/diff/?to=1');
}

/** Bodies that would be taken, about project 2 where they say one. */
const BODIES: Record<string, unknown> = {
  'POST /api/projects/': { name: 'X' },
  'PATCH /api/projects/{id}/': { name: 'Taken over' },
  'POST /api/plugin_config/': () => ({ plugin: ids.plugin, team_id: 2 }),
  'PATCH /api/plugin_config/{id}/': { enabled: true },
  'PATCH /api/plugin_config/rearrange/': () => ({ team_id: 2, order: [ids.other] }),
  'POST /api/plugin_config/{id}/attachments/': {
    key: 'file',
    file_name: 'f',
    upload: { id: '0'.repeat(32), parts: 1, sha256: '0'.repeat(64) },
  },
  'POST /api/organizations/@current/plugins/{id}/rollback/': { version: 1 },
  'POST /api/plugin_config/{id}/job/': { job: { type: 'x' } },
  'POST /api/projects/{id}/events/': { events: [{ event: 'x', distinct_id: 'y' }] },
  'POST /api/dead_letters/{queue}/redrive/': { all: true },
  'POST /api/dead_letters/{queue}/delete/': { all: true },
  'PUT /api/organizations/@current/secrets/{name}/': { value: SECRET },
  'POST /api/tokens/': { label: 'X', scopes: ['admin'] },
  'PUT /api/uploads/{id}/parts/{part}/': new Uint8Array([1]),
};

function callOf(route: (typeof ROUTES)[number], project: 1 | 2) {
  const body = BODIES[nameOf(route)];
  return {
    method: route.method.toUpperCase(),
    path: pathOf(route.path, project),
    ...(body === undefined ? {} : { body: typeof body === 'function' ? (body as () => unknown)() : body }),
  };
}

/** All that is stored. */
async function everything() {
  const { projects, pluginConfigs, plugins, tokens } = admin.deps;
  const all = await projects.list();
  return JSON.stringify([
    all,
    await Promise.all(all.map(({ id }) => pluginConfigs.list(id))),
    await plugins.list(),
    (await tokens.list()).map((token) => ({ ...token, lastUsedAt: 'any' })),
    await Promise.all((['events', 'tasks', 'events-letters'] as const).map((name) => admin.queues.count(name))),
  ]);
}

describe('every route of the table', () => {
  it.each(guarded.map((route) => [nameOf(route), route] as const))(
    '%s is closed without a token',
    async (_name, route) => {
      const before = await everything();
      const replies = await Promise.all([
        admin.call({ ...callOf(route, 1), token: null }),
        admin.call({ ...callOf(route, 1), token: 'hog_wrong' }),
        admin.call({ ...callOf(route, 1), token: `hog_${'0'.repeat(43)}` }),
        admin.call({ ...callOf(route, 1), token: null, headers: { authorization: `Basic ${admin.adminToken}` } }),
      ]);

      expect(replies.map(({ status, body }) => [status, body.code])).toEqual([
        [401, 'not_authenticated'],
        [401, 'authentication_failed'],
        [401, 'authentication_failed'],
        [401, 'not_authenticated'],
      ]);
      expect(replies.every(({ headers }) => headers['www-authenticate'] === 'Bearer')).toBe(true);
      expect(await everything()).toBe(before);
    },
  );

  it.each(guarded.filter(({ scope }) => scope === 'admin').map((route) => [nameOf(route), route] as const))(
    '%s is closed to tokens of projects',
    async (_name, route) => {
      const before = await everything();
      const token = await admin.tokenFor('project:write', 'all');

      const reply = await admin.call({ ...callOf(route, 1), token });

      expect([reply.status, reply.body.code]).toEqual([403, 'permission_denied']);
      expect((await everything()).length).toBeGreaterThanOrEqual(before.length);
    },
  );

  it.each(guarded.filter(({ scope }) => scope === 'write').map((route) => [nameOf(route), route] as const))(
    '%s is closed to tokens that only read',
    async (_name, route) => {
      const token = await admin.tokenFor('project:read', [1, 2]);
      const before = await everything();

      const reply = await admin.call({ ...callOf(route, 1), token });

      expect([reply.status, reply.body.code]).toEqual([403, 'permission_denied']);
      expect(await everything()).toBe(before);
    },
  );

  /** Those that are about things of one project. */
  const ofProjects = guarded.filter(
    ({ path, scope }) => scope !== 'admin' && /^\/api\/(projects|plugin_config)\//.test(path),
  );

  it.each(ofProjects.map((route) => [nameOf(route), route] as const))(
    '%s of another project is as if there were nothing, and changes nothing',
    async (_name, route) => {
      const token = await admin.tokenFor('project:write', [1]);
      const before = await everything();

      const reply = await admin.call({ ...callOf(route, 2), token });

      if (route.path.includes('{id}') || route.method !== 'get') {
        const nowhere = await admin.call({
          ...callOf(route, 2),
          path: pathOf(route.path, 2).replace(/\/(\d+)\//, '/999/'),
          token,
        });
        expect([reply.status, reply.body.code]).toEqual([404, 'not_found']);
        // The same words, so that nobody can tell the two apart.
        expect(reply.body.detail.replaceAll(/\d+/g, 'N')).toBe(nowhere.body.detail.replaceAll(/\d+/g, 'N'));
      } else {
        expect(reply.status).toBe(200);
        expect(reply.body.results.length).toBe(1);
        expect(
          reply.body.results.every((each: { id: number; team_id?: number }) => (each.team_id ?? each.id) === 1),
        ).toBe(true);
      }
      expect(await everything()).toBe(before);
    },
  );

  it('never shows a secret, whoever asks for whatever', async () => {
    const replies = await Promise.all(
      ROUTES.filter(({ method }) => method === 'get').flatMap((route) => [
        admin.call(callOf(route, 1)),
        admin.call(callOf(route, 2)),
      ]),
    );

    const shown = JSON.stringify([replies, admin.lines]);
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(admin.adminToken);
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  });
});

test('a token that is revoked is worth nothing at once', async () => {
  const token = await admin.tokenFor('project:read', [1]);
  const { id } = (await admin.deps.tokens.find(token)) as { id: string };
  const before = await admin.call({ path: '/api/projects/', token });

  const revoked = await admin.call({ method: 'DELETE', path: `/api/tokens/${id}/` });

  const after = await admin.call({ path: '/api/projects/', token });
  expect([before.status, revoked.status, after.status]).toEqual([200, 204, 401]);
});

test('who has no token does not learn which paths there are', async () => {
  const replies = await Promise.all(
    ['/api/projects/', '/api/nothing/', '/', '/api/projects/1/x/'].map((path) => admin.call({ path, token: null })),
  );

  expect(replies.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
});

describe('too many requests', () => {
  it('of a token are held off until there is room again, and only that token’s', async () => {
    const clock = { now: 0 };
    await using limited = await startAdmin({
      requests: createTokenBuckets({ burst: 3, perSecond: 0.5, now: () => clock.now }),
    });
    const other = await limited.tokenFor('admin', 'all');
    const ask = (token: string) => limited.call({ path: '/api/projects/', token });

    const statuses = [];
    for (let request = 0; request < 5; request++) statuses.push((await ask(limited.adminToken)).status);
    const held = await ask(limited.adminToken);
    const ofOther = await ask(other);
    clock.now += 2_000;
    const later = await ask(limited.adminToken);

    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect([held.body.code, held.headers['retry-after']]).toEqual(['throttled', '2']);
    expect([ofOther.status, later.status]).toEqual([200, 200]);
  });

  it('without a valid token are held off by their address, and cost no read any more', async () => {
    await using limited = await startAdmin({
      failures: createTokenBuckets({ burst: 2, perSecond: 0.1, now: () => 0 }),
    });
    const ask = (ip: string) => limited.call({ path: '/api/projects/', token: 'hog_guess', ip });

    const statuses = [await ask('192.0.2.1'), await ask('192.0.2.1'), await ask('192.0.2.1')].map(
      ({ status }) => status,
    );
    const ofOther = await limited.call({ path: '/api/projects/', ip: '192.0.2.2' });

    expect(statuses).toEqual([401, 401, 429]);
    expect(ofOther.status).toBe(200);
  });
});
