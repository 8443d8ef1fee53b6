import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { builtPlugin } from '../../../support/built-plugin.ts';
import { type EchoServer, startEchoServer } from '../../../support/echo-server.ts';
import { createPluginCalls } from '../../../support/plugin-calls.ts';
import { eventOf, eventsOf } from '../../../support/plugin-host.ts';

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

/** Runs a plugin that has the server's origin as `at`. */
const runAt = (body: string) => run(`const at = '${server.origin}'; ${body}`);

test.each([
  ['a buffer', `const b = await r.buffer(); return [Buffer.isBuffer(b), b.toString()]`, [true, '{"a":[1]}']],
  ['a text', `return r.text()`, '{"a":[1]}'],
  [
    'JSON of the plugin’s own kind',
    `const j = await r.json(); return [j, j.a instanceof Array, j instanceof Object]`,
    [{ a: [1] }, true, true],
  ],
  ['an array buffer', `return Buffer.from(await r.arrayBuffer()).toString()`, '{"a":[1]}'],
  ['a blob', `const b = await r.blob(); return [b.size, b.type, await b.text()]`, [9, 'application/json', '{"a":[1]}']],
  [
    'a stream of Node',
    `const parts = []; for await (const part of r.body) parts.push(part); return [Buffer.isBuffer(parts[0]), Buffer.concat(parts).toString()]`,
    [true, '{"a":[1]}'],
  ],
  ['a copy', `const c = r.clone(); return [await c.text(), await r.text(), c.status]`, ['{"a":[1]}', '{"a":[1]}', 200]],
])('fetch gives an answer’s body as %s', async (_, body, expected) => {
  const { result } = await runAt(`const r = await fetch(at + '/json'); ${body}`);

  expect(result).toEqual(expected);
});

test('fetch gives status and headers as node-fetch does', async () => {
  const { result } = await runAt(`
    const r = await fetch(at + '/status/404?x=1');
    return [r.ok, r.status, r.statusText, r.url === at + '/status/404?x=1', r.redirected, r.bodyUsed,
      r.headers.get('X-One'), r.headers.has('x-none'), r.headers.get('x-none'), r.headers.raw()['set-cookie'], r.headers.raw()['x-one'],
      [...r.headers].filter(([name]) => name === 'x-one'), r.headers === r.headers];`);

  expect(result).toEqual([
    false,
    404,
    'Not Found',
    true,
    false,
    false,
    '1',
    false,
    null,
    ['a=1', 'b=2'],
    ['1'],
    [['x-one', '1']],
    true,
  ]);
});

test.each([
  [
    'a method in lower case',
    `{ method: 'post', body: 'text' }`,
    { method: 'POST', body: 'text', type: 'text/plain;charset=UTF-8' },
  ],
  ['a Buffer', `{ method: 'PUT', body: Buffer.from('bytes') }`, { method: 'PUT', body: 'bytes', type: undefined }],
  ['bytes of its own realm', `{ method: 'POST', body: new Uint8Array([104, 105]) }`, { body: 'hi' }],
  [
    'a form',
    `{ method: 'POST', body: new (require('url').URLSearchParams)({ a: '1 b' }) }`,
    { body: 'a=1+b', type: 'application/x-www-form-urlencoded;charset=UTF-8' },
  ],
  [
    'a stream',
    `{ method: 'POST', body: require('zlib').createInflateRaw().end(require('zlib').deflateRawSync('x')) }`,
    { body: 'x', length: undefined },
  ],
  ['what is no body as its text', `{ method: 'POST', body: { a: 1 } }`, { body: '[object Object]' }],
  ['headers as an object', `{ headers: { 'X-Own': 1, Accept: 'text/html' } }`, { own: '1', accept: 'text/html' }],
  ['headers as pairs', `{ headers: [['X-Own', 'a'], ['x-own', 'b']] }`, { own: 'a, b' }],
  ['headers as Headers', `{ headers: new fetch.Headers({ 'x-own': 'h' }) }`, { own: 'h' }],
  [
    'a length that was counted in characters',
    `{ method: 'POST', body: 'ü', headers: { 'Content-Length': '1' } }`,
    { body: 'ü', length: '2' },
  ],
  [
    'options of other transports',
    `{ agent: {}, compress: false, size: 0, counter: 1, highWaterMark: 1 }`,
    { method: 'GET' },
  ],
])('fetch sends %s', async (_, init, expected) => {
  const { result } = await runAt(`return (await fetch(at + '/', ${init})).status`);

  expect(result).toBe(200);
  expect(server.seen).toMatchObject([expected]);
});

test.each([
  ['text', `at + '/x'`],
  ['a URL', `new URL('/x', at)`],
  ['what has an href', `{ href: at + '/x' }`],
  ['a Request', `new fetch.Request(at + '/x')`],
])('fetch takes its address as %s', async (_, input) => {
  await runAt(`await fetch(${input})`);

  expect(server.seen).toMatchObject([{ url: '/x' }]);
});

test('fetch makes basic authentication of a name and password in the address, and shows them to nobody', async () => {
  const { result } = await runAt(`return (await fetch(at.replace('//', '//me:pass%20word@') + '/')).url`);

  expect(server.seen).toMatchObject([{ authorization: `Basic ${Buffer.from('me:pass word').toString('base64')}` }]);
  expect(result).toBe(`${server.origin}/`);
});

test('fetch posts a body after the built-ins were closed', async () => {
  const { result } = await runAt(`
    await fetch(at + '/').then((r) => r.text());
    return (await fetch(at + '/', { method: 'POST', body: JSON.stringify({ a: 1 }) })).text();`);

  expect(result).toBe('POST {"a":1}');
});

test('node-fetch is the same function, with the classes of node-fetch', async () => {
  const { result } = await runAt(`
    const module = require('node-fetch');
    const { Headers, Request, Response, FetchError, AbortError } = module;
    const made = new Response('{"a":1}', { status: 201, headers: { 'x-own': '1' } });
    const error = new FetchError('m', 'system', { code: 'ENOTFOUND' });
    return [module === fetch, module.default === fetch, fetch.name, made instanceof Response, made.status, made.headers.get('x-own'), await made.json(),
      (await fetch(at + '/')) instanceof Response, new Request(at, { method: 'put' }).method, new Headers([['a', 'b']]).get('A'),
      error instanceof FetchError, error instanceof Error, error.code, error.type, new AbortError('m') instanceof Error, fetch.isRedirect(302)];`);

  expect(result).toEqual([
    true,
    true,
    'fetch',
    true,
    201,
    '1',
    { a: 1 },
    true,
    'PUT',
    'b',
    true,
    true,
    'ENOTFOUND',
    'system',
    true,
    true,
  ]);
});

test('what fetch gives is of the plugin’s realm', async () => {
  const { result } = await runAt(`
    const promise = fetch(at + '/json'); const r = await promise; const reading = r.text(); await reading;
    const own = [fetch, promise, r, r.text, r.constructor, r.headers, r.headers.get, r.headers.raw(), r.headers.entries(), reading, fetch.Headers, fetch.FetchError, fetch.isRedirect, fetch.Request.prototype]
      .map((value) => { let made = value; while (typeof made !== 'function') made = made.constructor; return made.constructor === Function; });
    return [own.every(Boolean), promise instanceof Promise, r instanceof Object];`);

  expect(result).toEqual([true, true, true]);
});

test('a batch waits for requests and bodies that nobody awaited', async () => {
  const { batch } = await runAt(`
    fetch(at + '/slow-body').then((r) => r.text()).then((text) => cache.set('text', text));
    fetch(at + '/slow-body').then((r) => r.json()).catch((error) => cache.set('error', error.type));
    fetch(at + '/slow-body').then((r) => r.body.on('data', (part) => cache.set('part', part.toString())));
    return 'left';`);

  expect(batch.failure).toBeUndefined();
  expect([...host.cache].map(([key, value]) => [key.replace(/^\d+:/, ''), value])).toEqual(
    expect.arrayContaining([
      ['text', '"slow"'],
      ['error', '"invalid-json"'],
      ['part', '"slow"'],
    ]),
  );
});

test('a body that nobody reads keeps no batch waiting', async () => {
  const { result, batch } = await runAt(`const r = await fetch(at + '/endless'); return typeof r.body.pipe`);

  expect(result).toBe('function');
  expect(batch.failure).toBeUndefined();
});

test.each([
  [`import fetch, { Headers } from 'node-fetch';`],
  [`import * as all from 'node-fetch'; const { default: fetch, Headers } = all;`],
  [`const fetch = require('node-fetch'); const { Headers } = fetch;`],
])('a plugin may begin with %s', async (start) => {
  const code = `${start}
    export async function processEvent(event, { config }) {
      const response = await fetch(config.at + '/', { method: 'post', body: 'b', headers: new Headers({ 'x-own': 'h' }) });
      event.properties.answer = await response.text();
      return event;
    }`;
  await host.use(await builtPlugin(1_000_000, { 'index.js': code }, { at: server.origin }));

  const [event] = eventsOf(await host.runEvents([eventOf()]));

  expect(event?.properties?.['answer']).toBe('POST b');
  expect(server.seen).toMatchObject([{ own: 'h' }]);
});
