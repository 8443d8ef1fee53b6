import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type EchoServer, startEchoServer } from '../../../support/echo-server.ts';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

const { host, run } = createPluginCalls({ allowPrivateNetworks: true, hookTimeoutSeconds: 5 });
let server: EchoServer;

beforeAll(async () => {
  server = await startEchoServer();
});
beforeEach(() => {
  server.seen.length = 0;
});
afterAll(async () => {
  await host.stop();
  await server.close();
});

/** Runs a plugin that has the server's origin as `at`, and as `other` the same server by another name. */
const runAt = (body: string) =>
  run(`const at = '${server.origin}'; const other = at.replace('127.0.0.1', 'localhost'); ${body}`);
/** An address that redirects. */
const to = (status: number, target: string) => `at + '/redirect/${status}?to=' + encodeURIComponent(${target})`;

test('fetch follows redirects and says where it ended', async () => {
  const { result } = await runAt(
    `const r = await fetch(${to(302, `'/json'`)}); return [r.status, r.redirected, r.url === at + '/json']`,
  );

  expect(result).toEqual([200, true, true]);
});

test.each([
  [301, 'POST', 'GET', ''],
  [302, 'POST', 'GET', ''],
  [303, 'PUT', 'GET', ''],
  [302, 'PUT', 'PUT', 'body'],
  [307, 'POST', 'POST', 'body'],
  [308, 'POST', 'POST', 'body'],
])('fetch goes on after a %i of a %s with a %s', async (status, method, then, body) => {
  await runAt(`await fetch(${to(status, `'/next'`)}, { method: '${method}', body: 'body' })`);

  expect(server.seen[1]).toMatchObject({ url: '/next', method: then, body });
});

test('fetch with redirect: manual gives the redirect itself', async () => {
  const { result } = await runAt(
    `const r = await fetch(${to(301, `'/json'`)}, { redirect: 'manual' }); return [r.status, r.headers.get('location')]`,
  );

  expect(result).toEqual([301, `${server.origin}/json`]);
});

test.each([
  [
    'redirect: error',
    `{ redirect: 'error' }`,
    /^FetchError no-redirect uri requested responds with a redirect, redirect mode is set to error: http/,
  ],
  ['more than follow', `{ follow: 0 }`, /^FetchError max-redirect maximum redirect reached at: http/],
  [
    'a body that cannot be sent again',
    `{ method: 'POST', body: Object.assign(require('zlib').createDeflate(), {}).end('x') }`,
    /^FetchError unsupported-redirect/,
  ],
])('fetch refuses a redirect with %s', async (_, init, message) => {
  const { result } = await runAt(
    `try { await fetch(${to(307, `'/json'`)}, ${init}) } catch (e) { return [e.name, e.type, e.message].join(' ') }`,
  );

  expect(result).toMatch(message);
});

test.each(['file:///etc/passwd', 'data:text/plain,x', 'http://'])('fetch refuses a redirect to %s', async (target) => {
  const { result } = await runAt(`try { await fetch(${to(302, `'${target}'`)}) } catch (e) { return e.type }`);

  expect(result).toBe('invalid-redirect');
});

test('fetch takes credentials along to the same host only', async () => {
  const headers = `{ headers: { authorization: 'secret', cookie: 'secret', 'x-own': 'kept' } }`;
  await runAt(
    `await fetch(${to(302, `'/same'`)}, ${headers}); await fetch(${to(302, `other + '/other'`)}, ${headers})`,
  );

  expect(server.seen.filter(({ url }) => !url?.startsWith('/redirect'))).toMatchObject([
    { url: '/same', authorization: 'secret', cookie: 'secret', own: 'kept' },
    { url: '/other', authorization: undefined, cookie: undefined, own: 'kept' },
  ]);
});
