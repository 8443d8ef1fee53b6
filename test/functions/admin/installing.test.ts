import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packFiles } from '../../../shared/sources/archive/pack-files.ts';
import { type AdminUnderTest, startAdmin } from './admin-under-test.ts';

const PLUGINS = '/api/organizations/@current/plugins/';
const CODE =
  'export async function processEvent(event) { return event; }\nexport const jobs = { again: async () => {} };';
const SECRET = 'planted-token-91c2';

let admin: AdminUnderTest;
beforeAll(async () => {
  admin = await startAdmin();
});
afterAll(() => admin[Symbol.asyncDispose]());

const archiveOf = (files: Record<string, string>) =>
  packFiles(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])));
const post = (path: string, body: unknown) => admin.call({ method: 'POST', path, body });
const install = (files: Record<string, string>) => post(PLUGINS, { source: files });
const names = async () => (await admin.deps.plugins.list()).map(({ id }) => id);

/** Serves one archive after the other, the last one for ever. */
async function archiveServer(...archives: Uint8Array[]) {
  const urls: string[] = [];
  const server = createServer((request, response) => {
    urls.push(String(request.url));
    response.end(archives[Math.min(urls.length, archives.length) - 1]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  admin.allowedHosts.push(host);
  return { url: `http://${host}/plugin.tgz`, urls, [Symbol.asyncDispose]: async () => void server.close() };
}

describe('a plugin is installed', () => {
  it('from source text: built, loaded once, with what it can do', async () => {
    const reply = await install({ 'plugin.json': '{"name":"Typed"}', 'index.ts': `${CODE}\nlet typed: number = 1;` });

    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      name: 'Typed',
      plugin_type: 'source',
      version: 1,
      url: null,
      capabilities: { methods: ['processEvent'], jobs: ['again'], scheduled_tasks: [] },
    });
    const { body } = await admin.call({ path: `${PLUGINS}${reply.body.id}/source/` });
    expect(Object.keys(body).sort()).toEqual(['index.ts', 'plugin.json']);
  });

  it('from an archive that was uploaded, which is gone afterwards', async () => {
    const upload = await admin.upload(
      archiveOf({ 'package/plugin.json': '{"name":"Packed"}', 'package/index.js': CODE }),
    );

    const reply = await post(PLUGINS, { upload, file_name: 'packed.tgz' });
    const again = await post(PLUGINS, { upload, file_name: 'packed.tgz' });

    expect([reply.status, reply.body.name]).toEqual([201, 'Packed']);
    expect([again.status, again.body.errors[0].path]).toEqual([400, 'body.upload']);
  });

  it('from a URL, whose private token is kept sealed and never shown', async () => {
    await using server = await archiveServer(
      archiveOf({ 'plugin.json': '{"name":"Remote"}', 'index.js': 'exports.onEvent = () => 1;' }),
      archiveOf({ 'plugin.json': '{"name":"Remote"}', 'index.js': 'exports.onEvent = () => 2;' }),
    );

    const installed = await post(PLUGINS, { url: `${server.url}?private_token=${SECRET}` });
    const at = `${PLUGINS}${installed.body.id}/`;
    const twice = await post(PLUGINS, { url: server.url });
    const checked = await admin.call({ path: `${at}check_for_updates/` });
    const diff = await admin.call({ path: `${at}diff/` });
    const upgraded = await post(`${at}upgrade/`, {});
    const back = await post(`${at}rollback/`, { version: 1 });
    const log = await admin.call({ path: '/api/audit_log/' });

    expect(installed.body).toMatchObject({ plugin_type: 'repository', url: server.url, has_private_token: true });
    expect(twice.status).toBe(409);
    expect(checked.body.plugin.latest_tag).not.toBe(installed.body.tag);
    expect(diff.body).toMatchObject([
      { path: 'index.js', text: expect.stringContaining('+exports.onEvent = () => 2;') },
    ]);
    expect([upgraded.body.version, back.body.version]).toEqual([2, 1]);
    expect(JSON.stringify([installed, checked, diff, upgraded, back, log, admin.lines])).not.toContain(SECRET);
  });
});

describe('a plugin is refused, and nothing is stored', () => {
  it.each<[string, Record<string, string>, number, string]>([
    [
      'that does not parse, with file, line and column',
      { 'plugin.json': '{"name":"P"}', 'index.js': 'const a =\n = 1;' },
      422,
      'index.js:2:2',
    ],
    [
      'that throws when it is loaded',
      { 'plugin.json': '{"name":"P"}', 'index.js': "throw new Error('at load')" },
      422,
      'at load',
    ],
    ['that never ends loading', { 'plugin.json': '{"name":"P"}', 'index.js': 'for (;;);' }, 422, 'timed out'],
    [
      'that imports what is not provided',
      { 'plugin.json': '{"name":"P"}', 'index.js': "require('child_process')" },
      422,
      'child_process',
    ],
    ['whose plugin.json is wrong', { 'plugin.json': '{"name":1}', 'index.js': '' }, 422, 'name: must be a string'],
    ['without plugin.json', { 'index.js': '' }, 422, 'There is no plugin.json'],
    ['with a path out of its folder', { 'plugin.json': '{"name":"P"}', '../x.js': '' }, 422, '..'],
  ])('%s', async (_title, files, status, detail) => {
    const before = await names();

    const reply = await install(files);

    expect(reply.status).toBe(status);
    expect(reply.body.detail).toContain(detail);
    expect(await names()).toEqual(before);
  });

  it.each([
    ['of no source that there is', 'not a source!'],
    ['of an address on the inside', 'http://169.254.169.254/latest/meta-data/plugin.tgz'],
    ['of this machine', 'http://127.0.0.1:1/plugin.tgz'],
  ])('%s', async (_title, url) => {
    const before = await names();

    const reply = await post(PLUGINS, { url });

    expect([reply.status, reply.body.code]).toEqual([422, 'unprocessable']);
    expect(await names()).toEqual(before);
  });

  it('when nobody can say where its next version is', async () => {
    const { body } = await install({ 'plugin.json': '{"name":"Alone"}', 'index.js': CODE });

    const upgrade = await post(`${PLUGINS}${body.id}/upgrade/`, {});
    const checked = await admin.call({ path: `${PLUGINS}${body.id}/check_for_updates/` });

    expect([upgrade.status, upgrade.body.code]).toEqual([422, 'unprocessable']);
    expect(checked.body.plugin.latest_tag).toBe(null);
  });
});

it('versions are compared, and one is made to run only if it is the plugin that was seen', async () => {
  const { body, headers } = await install({
    'plugin.json': '{"name":"Two"}',
    'index.js': 'exports.onEvent = () => 1;',
  });
  const at = `${PLUGINS}${body.id}/`;
  const source = { 'plugin.json': '{"name":"Two"}', 'index.js': 'exports.onEvent = () => 2;' };
  const ifMatch = { 'if-match': headers['etag'] as string };

  const upgraded = await admin.call({ method: 'POST', path: `${at}upgrade/`, body: { source }, headers: ifMatch });
  const outdated = await admin.call({ method: 'POST', path: `${at}rollback/`, body: { version: 1 }, headers: ifMatch });
  const diff = await admin.call({ path: `${at}diff/?from=1&to=2` });
  const missing = await post(`${at}rollback/`, { version: 9 });
  const versions = await admin.call({ path: `${at}versions/` });

  expect([upgraded.body.version, outdated.status, missing.status]).toEqual([2, 412, 404]);
  expect(diff.body.map(({ path }: { path: string }) => path)).toEqual(['index.js']);
  expect(
    versions.body.results.map(({ version, current }: { version: number; current: boolean }) => [version, current]),
  ).toEqual([
    [2, true],
    [1, false],
  ]);
});
