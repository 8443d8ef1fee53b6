import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET_MASK } from '../../../shared/registry/check-config.ts';
import { type AdminUnderTest, startAdmin } from './admin-under-test.ts';

let admin: AdminUnderTest;
beforeAll(async () => {
  admin = await startAdmin();
});
afterAll(() => admin[Symbol.asyncDispose]());

const post = (path: string, body: unknown, token?: string) =>
  admin.call({ method: 'POST', path, body, ...(token === undefined ? {} : { token }) });
const patch = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  admin.call({ method: 'PATCH', path, body, headers });
const project = async (name: string) =>
  (await post('/api/projects/', { name })).body as { id: number; api_token: string };

const FIELDS = [
  { key: 'host', type: 'string', required: true },
  { key: 'level', type: 'choice', choices: ['low', 'high'], default: 'low' },
  { key: 'apiKey', secret: true },
  { key: 'database', type: 'attachment' },
];

async function configured() {
  const { id: team } = await project('Configured');
  const plugin = await admin.installPlugin({ name: 'Exporter', config: FIELDS });
  const { body } = await post('/api/plugin_config/', { plugin, team_id: team });
  return { team, plugin, id: body.id as number, path: `/api/plugin_config/${body.id}/`, body };
}

describe('projects', () => {
  it('are made, shown, listed page by page, changed and removed', async () => {
    const made = await post('/api/projects/', { name: ' Shop ', timezone: 'Europe/Berlin', anonymize_ips: true });
    const path = `/api/projects/${made.body.id}/`;
    await project('Second');
    await project('Third');

    const changed = await patch(path, { posthog_host: 'https://eu.posthog.com/', personal_api_key: 'phx_secret' });
    const shown = await admin.call({ path });
    const first = await admin.call({ path: '/api/projects/?limit=2' });
    const second = await admin.call({ path: first.body.next });
    const removed = await admin.call({ method: 'DELETE', path });

    expect(made.status).toBe(201);
    expect(shown.body).toEqual({
      id: made.body.id,
      name: 'Shop',
      api_token: expect.stringMatching(/^phc_/) as string,
      anonymize_ips: true,
      timezone: 'Europe/Berlin',
      created_at: expect.stringMatching(/^2026-03-02T08:00:00\.\d{3}Z$/) as string,
      posthog_host: 'https://eu.posthog.com',
      posthog_project_key: null,
      personal_api_key: SECRET_MASK,
    });
    expect(changed.body).toEqual(shown.body);
    expect(first.body).toMatchObject({ count: 3, previous: null, next: '/api/projects/?limit=2&offset=2' });
    expect(second.body).toMatchObject({ next: null, previous: '/api/projects/?limit=2&offset=0' });
    expect([...first.body.results, ...second.body.results].map(({ name }: { name: string }) => name)).toEqual([
      'Shop',
      'Second',
      'Third',
    ]);
    expect([removed.status, (await admin.call({ path })).status]).toEqual([204, 404]);
  });

  it('keep a secret that is sent back as it was shown, and lose it by null', async () => {
    const { id } = await project('Keeper');
    const path = `/api/projects/${id}/`;
    await patch(path, { personal_api_key: 'phx_secret' });

    const kept = await patch(path, { name: 'Renamed', personal_api_key: SECRET_MASK });
    const gone = await patch(path, { personal_api_key: null });

    expect([kept.body.personal_api_key, gone.body.personal_api_key]).toEqual([SECRET_MASK, null]);
  });

  it('get another token when it is asked for', async () => {
    const { id, api_token: before } = await project('Rotated');

    const { body } = await admin.call({ method: 'PATCH', path: `/api/projects/${id}/reset_token/` });

    expect(body.api_token).toMatch(/^phc_/);
    expect(body.api_token).not.toBe(before);
  });

  it.each([
    [{ timezone: 'Mars/Base' }, 'body.timezone'],
    [{ posthog_host: 'ftp://x' }, 'body.posthog_host'],
    [{ posthog_project_key: 'a b' }, 'body.posthog_project_key'],
    [{ personal_api_key: 'a b' }, 'body.personal_api_key'],
    [{ name: ' ' }, 'body.name'],
  ])('refuse %j by the name of the field', async (fields, place) => {
    const { id } = await project('Refusing');

    const reply = await patch(`/api/projects/${id}/`, fields);

    expect([reply.status, reply.body.errors[0].path]).toEqual([400, place]);
  });

  it('are not made twice under one id, and not removed while they have plugins', async () => {
    const { team } = await configured();

    const twice = await post('/api/projects/', { name: 'Twin', id: team });
    const used = await admin.call({ method: 'DELETE', path: `/api/projects/${team}/` });

    expect([twice.status, twice.body.code, used.status, used.body.code]).toEqual([409, 'conflict', 409, 'conflict']);
  });
});

describe('plugin configs', () => {
  it('begin disabled, last in the chain, with the defaults of plugin.json', async () => {
    const { body, team, plugin } = await configured();

    expect(body).toMatchObject({
      plugin,
      team_id: team,
      plugin_name: 'Exporter',
      enabled: false,
      order: 1,
      config: { level: 'low' },
      error: null,
    });
  });

  it('are checked against plugin.json, every wrong value by its place', async () => {
    const { path } = await configured();

    const wrong = await patch(path, { config: { level: 'middle', host: ['x'] } });
    const incomplete = await patch(path, { enabled: true });
    const right = await patch(path, { enabled: true, config: { host: 'h' } });

    expect(wrong.body.errors.map((error: { path: string }) => error.path).sort()).toEqual([
      'body.config.host',
      'body.config.level',
    ]);
    expect([incomplete.status, incomplete.body.errors[0]]).toEqual([
      400,
      { path: 'body.config.host', message: 'is required' },
    ]);
    expect(right.body).toMatchObject({ enabled: true, config: { host: 'h', level: 'low' } });
  });

  it('show a secret as set, keep it when it is sent back so, and lose it by null', async () => {
    const { path } = await configured();

    const set = await patch(path, { config: { apiKey: 'planted-secret' } });
    const kept = await patch(path, { config: { ...set.body.config, host: 'h' } });
    const gone = await patch(path, { config: { apiKey: null } });

    expect(set.text + kept.text).not.toContain('planted-secret');
    expect([set, kept, gone].map(({ body }) => body.config.apiKey)).toEqual([SECRET_MASK, SECRET_MASK, undefined]);
  });

  it('take a file of up to 10 MB that was sent in parts, show it, and lose it by null', async () => {
    const { path, id } = await configured();
    const content = new Uint8Array(10 * 1024 * 1024).fill(7);

    const upload = await admin.upload(content);
    const body = { key: 'database', file_name: 'City.mmdb', content_type: 'application/x-maxmind', upload };
    const attached = await post(`${path}attachments/`, body);
    const again = await patch(path, { config: attached.body.config });
    const { attachments } = await admin.deps.pluginConfigs.find(id);
    const gone = await patch(path, { config: { database: null } });

    expect(upload.parts).toBe(3);
    expect(attached.body.config.database).toEqual({ saved: true, name: 'City.mmdb', type: 'application/x-maxmind' });
    expect(again.body.config).toEqual(attached.body.config);
    expect(attachments['database']?.fileName).toBe('City.mmdb');
    expect(gone.body.config.database).toBeUndefined();
  });

  it('refuse a file of another token, one that is not whole, one that is another, and one for a field that takes none', async () => {
    const { path, team } = await configured();
    const stranger = await admin.tokenFor('project:write', [team]);
    const upload = await admin.upload(new Uint8Array([1, 2, 3]));
    const attach = (changes: object, token?: string) =>
      post(`${path}attachments/`, { key: 'database', file_name: 'f', upload, ...changes }, token);

    const replies = [
      await attach({}, stranger),
      await attach({ upload: { ...upload, parts: 2 } }),
      await attach({ upload: { ...upload, sha256: '0'.repeat(64) } }),
      await attach({ key: 'host' }),
    ];

    expect(replies.map(({ status, body }) => [status, body.errors[0].path])).toEqual([
      [400, 'body.upload'],
      [400, 'body.upload'],
      [400, 'body.upload'],
      [400, 'body.config.host'],
    ]);
    expect((await admin.call({ path })).body.config.database).toBeUndefined();
  });

  it('are arranged by a list of their ids, or as PostHog does by places of plugins', async () => {
    const { team, id: first } = await configured();
    const second = await admin.installPlugin({ name: 'Second' });
    const { body: other } = await post('/api/plugin_config/', { plugin: second, team_id: team });

    const byList = await patch('/api/plugin_config/rearrange/', { team_id: team, order: [other.id, first] });
    const byPlugin = await patch('/api/plugin_config/rearrange/', { team_id: team, orders: { [second]: 9 } });
    const wrong = await patch('/api/plugin_config/rearrange/', { team_id: team, order: [first, 999] });

    expect(byList.body.map(({ id }: { id: number }) => id)).toEqual([other.id, first]);
    expect(byPlugin.body.map(({ id }: { id: number }) => id)).toEqual([first, other.id]);
    expect([wrong.status, wrong.body.errors[0].path]).toEqual([400, 'body.order.999']);
  });

  it('need no project to be named by a token of only one, and are listed by project and state', async () => {
    const { team, plugin, id } = await configured();
    const token = await admin.tokenFor('project:write', [team]);

    const made = await post('/api/plugin_config/', { plugin, config: { host: 'h' }, enabled: true }, token);
    const unnamed = await post('/api/plugin_config/', { plugin });
    const enabled = await admin.call({ path: '/api/plugin_config/?enabled=true', token });
    const ofTeam = await admin.call({ path: `/api/plugin_config/?team_id=${team}` });

    expect(made.body.team_id).toBe(team);
    expect([unnamed.status, unnamed.body.errors[0].path]).toEqual([400, 'body.team_id']);
    expect(enabled.body.results.map((each: { id: number }) => each.id)).toEqual([made.body.id]);
    expect(ofTeam.body.results.map((each: { id: number }) => each.id)).toEqual([id, made.body.id]);
  });

  it('are removed', async () => {
    const { path } = await configured();

    const removed = await admin.call({ method: 'DELETE', path });

    expect([removed.status, (await admin.call({ path })).status]).toEqual([204, 404]);
  });
});

describe('If-Match', () => {
  it('lets a change through for the version that was read, and refuses it for an older one with 412', async () => {
    const { path, team } = await configured();

    for (const [at, body] of [
      [path, { config: { host: 'h' } }],
      [`/api/projects/${team}/`, { name: 'Other' }],
    ] as const) {
      const { headers } = await admin.call({ path: at });
      const etag = headers['etag'] as string;

      const first = await patch(at, body, { 'if-match': etag });
      const second = await patch(at, body, { 'if-match': etag });
      const weak = await patch(at, body, { 'if-match': `W/${first.headers['etag']}` });
      const any = await patch(at, body, { 'if-match': '*' });
      const wrong = await patch(at, body, { 'if-match': 'no-quotes' });
      const removal = await admin.call({ method: 'DELETE', path: at, headers: { 'if-match': etag } });

      expect([first, second, weak, any, wrong, removal].map(({ status }) => status)).toEqual([
        200, 412, 200, 200, 400, 412,
      ]);
      expect(first.headers['etag']).not.toBe(etag);
    }
  });

  it('lets only one of several changes at once through', async () => {
    const { path } = await configured();
    const { headers } = await admin.call({ path });
    const once = () => patch(path, { config: { host: 'h' } }, { 'if-match': headers['etag'] as string });

    const statuses = (await Promise.all([once(), once(), once(), once()]))
      .map(({ status }) => status)
      .toSorted((a, b) => a - b);

    expect(statuses[0]).toBe(200);
    expect(statuses.slice(1).every((status) => status === 412)).toBe(true);
  });
});

describe('plugins', () => {
  it('are listed and shown as PostHog does, with their versions', async () => {
    const id = await admin.installPlugin({ name: 'Shown', description: 'D', config: FIELDS });

    const { body, headers } = await admin.call({ path: `/api/organizations/@current/plugins/${id}/` });
    const list = await admin.call({ path: '/api/organizations/@current/plugins/' });
    const versions = await admin.call({ path: `/api/organizations/@current/plugins/${id}/versions/` });

    expect(body).toMatchObject({
      id,
      name: 'Shown',
      description: 'D',
      plugin_type: 'source',
      version: 1,
      config_schema: FIELDS,
    });
    expect(headers['etag']).toMatch(/^"\d+"$/);
    expect(list.body.results).toContainEqual(body);
    expect(versions.body.results).toMatchObject([{ version: 1, current: true }]);
  });

  it('are not removed while a project has them, and gone afterwards', async () => {
    const { plugin, path } = await configured();
    const at = `/api/organizations/@current/plugins/${plugin}/`;

    const used = await admin.call({ method: 'DELETE', path: at });
    await admin.call({ method: 'DELETE', path });
    const removed = await admin.call({ method: 'DELETE', path: at });

    expect([used.status, removed.status, (await admin.call({ path: at })).status]).toEqual([409, 204, 404]);
  });
});

describe('tokens', () => {
  it('are shown once, listed without what is secret, and revoked', async () => {
    const made = await post('/api/tokens/', { label: 'CI', scopes: ['project:write'], scoped_teams: [1] });
    const list = await admin.call({ path: '/api/tokens/' });

    expect(made.body.value).toMatch(/^hog_[0-9A-Za-z]{43}$/);
    const { value, ...shown } = made.body;
    expect(list.body.results).toContainEqual(shown);
    expect(list.text).not.toContain(value);
  });
});

describe('the audit log', () => {
  it('has each change once, with who, what and how it ended, the latest first and page by page', async () => {
    const { id: team } = await project('Audited');
    await patch(`/api/projects/${team}/`, { name: 'Named', personal_api_key: 'planted-secret' });
    await patch(`/api/projects/${team}/`, { timezone: 'Mars/Base' });
    await patch('/api/projects/999/', { name: 'X' });
    await admin.call({ path: `/api/projects/${team}/` });

    const { body, text } = await admin.call({ path: '/api/audit_log/?limit=8' });
    const next = await admin.call({ path: body.next });

    const { id: actor } = (await admin.deps.tokens.find(admin.adminToken)) as { id: string };
    expect(body.results.slice(0, 4)).toMatchObject([
      { action: 'PATCH /api/projects/{id}/', target: '/api/projects/999', status: 404 },
      { action: 'PATCH /api/projects/{id}/', target: `/api/projects/${team}`, status: 400 },
      {
        action: 'PATCH /api/projects/{id}/',
        target: `project ${team}`,
        status: 200,
        token_id: actor,
        ip: '203.0.113.7',
        team_id: team,
        details: { fields: ['personal_api_key', 'name'] },
      },
      { action: 'POST /api/projects/', target: `project ${team}`, status: 201 },
    ]);
    expect(text).not.toContain('planted-secret');
    expect(next.status).toBe(200);
  });

  it('has a change whose process died in it as one whose end nobody saw', async () => {
    await using dying = await startAdmin();
    const { auditLog } = dying.deps;
    const write = auditLog.append;
    let writes = 0;
    auditLog.append = (entry) => (writes++ === 0 ? write(entry) : Promise.reject(new Error('dead')));

    const made = await dying.call({ method: 'POST', path: '/api/projects/', body: { name: 'P' } });
    const { body } = await dying.call({ path: '/api/audit_log/' });

    expect(made.status).toBe(201);
    expect(body.results).toMatchObject([{ action: 'POST /api/projects/', status: null }]);
  });

  it('that cannot be written lets no change be made', async () => {
    await using mute = await startAdmin();
    mute.deps.auditLog.append = () => Promise.reject(new Error('no'));

    const refused = await mute.call({ method: 'POST', path: '/api/projects/', body: { name: 'P' } });

    expect(refused.status).toBe(500);
    expect(await mute.deps.projects.list()).toEqual([]);
  });
});
