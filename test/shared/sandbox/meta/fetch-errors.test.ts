import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EchoServer, startEchoServer } from '../../../support/echo-server.ts';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

const { host, run } = createPluginCalls({ allowPrivateNetworks: true, hookTimeoutSeconds: 2 });
let server: EchoServer;

beforeAll(async () => {
  server = await startEchoServer();
});
afterAll(async () => {
  await host.stop();
  await server.close();
});

/** What a failing request tells the plugin; `at` is the server's origin. */
async function errorOf(body: string): Promise<unknown> {
  const { result } = await run(`
    const at = '${server.origin}';
    try { return await (async () => { ${body} })(); }
    catch (error) { return { own: error instanceof Error, name: error.name, type: error.type, code: error.code, message: error.message.replace(at, 'AT'), of: error instanceof fetch.FetchError }; }`);
  return result;
}

test.each([
  [
    'no answer in time',
    `await fetch(at + '/never', { timeout: 50 })`,
    { name: 'FetchError', type: 'request-timeout', message: 'network timeout at: AT/never' },
  ],
  [
    'no answer within the hook’s time limit',
    `await fetch(at + '/never')`,
    { name: 'FetchError', type: 'request-timeout', message: 'network timeout at: AT/never' },
  ],
  [
    'a body that does not end in time',
    `await (await fetch(at + '/endless', { timeout: 50 })).text()`,
    {
      name: 'FetchError',
      type: 'body-timeout',
      message: 'Response timeout while trying to fetch AT/endless (over 50ms)',
    },
  ],
  [
    'a body that is too long',
    `await (await fetch(at + '/json', { size: 3 })).text()`,
    { type: 'max-size', message: 'content size at AT/json over limit: 3' },
  ],
  [
    'a body that breaks off',
    `await (await fetch(at + '/broken')).text()`,
    {
      name: 'FetchError',
      type: 'system',
      message: expect.stringMatching(
        /^Invalid response body while trying to fetch AT\/broken: (?!terminated)/,
      ) as string,
    },
  ],
  [
    'a body that is no JSON',
    `await (await fetch(at + '/')).json()`,
    {
      type: 'invalid-json',
      message: expect.stringMatching(/^invalid json response body at AT\/ reason: Unexpected token/) as string,
    },
  ],
  [
    'nobody at the address',
    `await fetch('http://127.0.0.1:2/x')`,
    {
      type: 'system',
      code: 'ECONNREFUSED',
      message: 'request to http://127.0.0.1:2/x failed, reason: connect ECONNREFUSED 127.0.0.1:2',
    },
  ],
  [
    'a connection that is closed',
    `await fetch(at + '/close')`,
    { type: 'system', message: 'request to AT/close failed, reason: other side closed' },
  ],
  [
    'a name that nobody has',
    `await fetch('http://nobody.invalid/')`,
    {
      type: 'system',
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) as string,
      message: expect.stringMatching(/^request to http:\/\/nobody.invalid\/ failed, reason: getaddrinfo/) as string,
    },
  ],
])('fetch tells of %s as node-fetch does', async (_, body, expected) => {
  expect(await errorOf(body)).toMatchObject({ own: true, of: true, ...expected });
});

test.each([
  ['a body in a GET', `await fetch(at, { body: '{}' })`, 'TypeError', 'Request with GET/HEAD method cannot have body'],
  ['a relative address', `await fetch('/x')`, 'TypeError', 'Only absolute URLs are supported; got "/x"'],
  ['no address', `await fetch()`, 'TypeError', 'Only absolute URLs are supported; got "undefined"'],
  [
    'another protocol',
    `await fetch('file:///etc/passwd')`,
    'TypeError',
    'Only HTTP(S) protocols are supported; got file:',
  ],
  [
    'a mode of redirects that is none',
    `await fetch(at, { redirect: 'maybe' })`,
    'TypeError',
    `redirect must be 'follow', 'manual' or 'error'; got maybe`,
  ],
  [
    'a pair that is none',
    `await fetch(at, { headers: [['a']] })`,
    'TypeError',
    'Each header pair must be a name/value tuple',
  ],
  [
    'a header that HTTP does not have',
    `await fetch(at, { headers: { 'a b': 'c' } })`,
    'TypeError',
    expect.stringContaining('a b'),
  ],
  [
    'a body that was read',
    `const r = await fetch(at + '/'); await r.text(); await r.text()`,
    'TypeError',
    'body used already for: AT/',
  ],
  [
    'a method on something else',
    `fetch.Response.prototype.text.call({})`,
    'TypeError',
    'Response.text was called on something else than a Response',
  ],
  [
    'an error of the plugin’s own',
    `await fetch(at, { get method() { throw new RangeError('mine'); } })`,
    'RangeError',
    'mine',
  ],
])('fetch refuses %s', async (_, body, name, message) => {
  expect(await errorOf(body)).toMatchObject({ own: true, of: false, name, message });
});

test('fetch ends when the plugin’s signal says so', async () => {
  const result = await errorOf(`
    const heard = []; const signal = { aborted: false, addEventListener: (name, listen) => heard.push(listen), removeEventListener() {} };
    const asked = fetch(at + '/never', { signal }); asked.catch(() => {});
    await cache.get('x'); heard[0]();
    try { await asked; } catch (error) { return [error.name, error.type, error.message, error instanceof fetch.AbortError, heard[0].constructor === Function]; }`);

  expect(result).toEqual(['AbortError', 'aborted', 'The user aborted a request.', true, true]);
});

test('an error of fetch that nobody catches is told as the plugin’s', async () => {
  const { batch, plugin } = await run(`fetch('http://127.0.0.1:2/'); return 1`);

  expect(batch.errors).toMatchObject([
    { plugin, last: { name: 'FetchError', message: expect.stringContaining('ECONNREFUSED') as string } },
  ]);
});
