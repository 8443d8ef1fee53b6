import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type EchoServer, startEchoServer } from '../../support/echo-server.ts';
import { createEscapedCode } from '../../support/escaped-code.ts';
import { eventOf, eventsOf, pluginOf } from '../../support/plugin-host.ts';

// The server is reached by two names; only `localhost` is listed. Escapes stand in for libraries, which get Node's sockets.
const { host, run } = createEscapedCode({ allowPrivateNetworks: true });
let server: EchoServer;
let listed: { allowedHosts: string[] };
let at = '';
let other = '';

beforeAll(async () => {
  server = await startEchoServer();
  at = `http://localhost:${server.port}`;
  other = server.origin;
  listed = { allowedHosts: [`localhost:${server.port}`, '*.example.com'] };
});
beforeEach(() => {
  server.seen.length = 0;
});
afterAll(async () => {
  await host.stop();
  await server.close();
});

const refused = (target: string) =>
  `connect EACCES ${target}: refused, because it is not among the allowedHosts of this plugin config (localhost:${server.port}, *.example.com). Add it there if the plugin is to reach it`;

test('fetch of a plugin with a list reaches what is on it', async () => {
  const { result, batch } = await run(`return (await fetch('${at}/')).text()`, listed);

  expect(result).toBe('GET ');
  expect(batch.refusedConnections).toBeUndefined();
});

test('fetch of a plugin with a list reaches nothing else, and the refusal says what was asked, why it was refused and what to do', async () => {
  const { result, batch, plugin } = await run(
    `try { await fetch('${other}/x') } catch (e) { return [e.name, e.code, e.message] }`,
    listed,
  );

  expect(result).toEqual([
    'RefusedConnectionError',
    'EACCES',
    `request to ${other}/x failed, reason: ${refused(`127.0.0.1:${server.port}`)}`,
  ]);
  expect(batch.refusedConnections).toEqual([{ plugin, count: 1 }]);
  expect(server.seen).toEqual([]);
});

test('fetch of a plugin with a list is not sent elsewhere by a redirect', async () => {
  const { result } = await run(
    `try { await fetch('${at}/redirect/302?to=${encodeURIComponent(`${other}/away`)}') } catch (e) { return e.name }`,
    listed,
  );

  expect(result).toBe('RefusedConnectionError');
  expect(server.seen.map(({ url }) => url?.split('?')[0])).toEqual(['/redirect/302']);
});

test('fetch of a plugin with a list names the host itself: no header names another', async () => {
  await run(`await fetch('${at}/', { headers: { host: 'internal.example' } })`, listed);

  expect(server.seen).toMatchObject([{ host: `localhost:${server.port}` }]);
});

test('posthog.api of a plugin with a list goes to listed hosts only', async () => {
  const keys = `projectApiKey: 'phc', personalApiKey: 'phx'`;
  const there = await run(`return (await posthog.api.get('/x', { host: '${at}', ${keys} })).status`, listed);
  const elsewhere = await run(
    `try { await posthog.api.get('/x', { host: '${other}', ${keys} }) } catch (e) { return e.name }`,
    listed,
  );

  expect([there.result, elsewhere.result]).toEqual([200, 'RefusedConnectionError']);
});

test('a plugin without a list is free to go where the guard lets it', async () => {
  const { result } = await run(`return (await fetch('${other}/')).status`);

  expect(result).toBe(200);
});

/** What libraries do to connect, by host name. */
const WAYS: Record<string, (name: string) => string> = {
  net: (name) => `load('net').connect(${server.port}, '${name}')`,
  'net with options': (name) => `load('net').connect({ port: '${server.port}', host: '${name}' })`,
  'a socket': (name) => `new (load('net').Socket)().connect(${server.port}, '${name}')`,
};
const outcome = (open: string) =>
  `return await new Promise((resolve, reject) => { const socket = ${open}; socket.on('connect', () => { resolve('connected'); socket.destroy(); }).on('error', (error) => resolve(error.name + ' ' + error.code + ' ' + error.message)); })`;

test.each(Object.keys(WAYS))('a library’s socket of a plugin with a list is held to it: %s', async (way) => {
  const open = WAYS[way] as (name: string) => string;
  const there = await run(outcome(open('localhost')), listed);
  const elsewhere = await run(outcome(open('127.0.0.1')), listed);

  expect(there.result).toBe('connected');
  expect(elsewhere.result).toBe(`RefusedConnectionError EACCES ${refused(`127.0.0.1:${server.port}`)}`);
  expect(elsewhere.batch.refusedConnections).toEqual([{ plugin: elsewhere.plugin, count: 1 }]);
});

test.each([
  ['http', `load('http').get('OTHER/')`],
  ['tls', `load('tls').connect({ host: '127.0.0.1', port: PORT })`],
  ['http2', `load('http2').connect('OTHER')`],
])('a library’s %s of a plugin with a list is held to it', async (_, open) => {
  const { result } = await run(outcome(open.replace('OTHER', other).replace('PORT', String(server.port))), listed);

  expect(result).toMatch(/^RefusedConnectionError EACCES connect EACCES 127/);
});

test('options that say something else when they are read again change nothing', async () => {
  const { result } = await run(
    `const names = []; let reads = 0;
     const options = { port: ${server.port}, get host() { return reads++ % 2 ? 'localhost' : 'other.test'; }, lookup(name, options, done) { names.push(name); done(null, options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4); } };
     for (let count = 0; count < 4; count++) { reads = count; await new Promise((resolve) => load('net').connect(options).on('connect', function () { this.destroy(); resolve(); }).on('error', resolve)); }
     return names.filter((name) => name !== 'localhost')`,
    listed,
  );

  expect(result).toEqual([]);
});

test('a UNIX socket is on no list', async () => {
  const { result } = await run(outcome(`load('net').connect('/var/run/docker.sock')`), listed);

  expect(result).toBe(`RefusedConnectionError EACCES ${refused('/var/run/docker.sock')}`);
});

test('a list holds for what a hook opens later, after it has waited, and for no other plugin', async () => {
  const opening = (delay: string) => `
    const outer = Buffer.constructor('return globalThis')(); const load = (name) => outer.process.getBuiltinModule(name);
    const open = () => new Promise((resolve) => load('net').connect(${server.port}, '127.0.0.1').on('connect', function () { this.destroy(); resolve('connected'); }).on('error', (error) => resolve(error.name)));
    let fromSetup; exports.setupPlugin = async () => { fromSetup = await open(); };
    exports.processEvent = async (event) => {
      ${delay}
      event.properties[event.properties.first === undefined ? 'first' : 'second'] = [fromSetup, await open()];
      return event;
    };`;
  const slow = `await new Promise((resolve) => outer.setTimeout(resolve, 20));`;
  await host.use({ ...pluginOf(9001, opening(slow)), allowedHosts: ['api.example.com'] }, pluginOf(9002, opening('')));

  const batch = await host.runEvents([eventOf()]);

  expect(eventsOf(batch)[0]?.properties).toMatchObject({
    first: ['RefusedConnectionError', 'RefusedConnectionError'],
    second: ['connected', 'connected'],
  });
  // That of setupPlugin was told when the plugin was loaded.
  expect(host.reports.flatMap(({ refusedConnections = [] }) => refusedConnections)).toContainEqual({
    plugin: 9001,
    count: 1,
  });
  expect(batch.refusedConnections).toEqual([{ plugin: 9001, count: 1 }]);
});

test('a plugin whose list has what is no host does not load', async () => {
  const [loaded] = await host.use({
    ...pluginOf(9003, `exports.processEvent = (event) => event`),
    allowedHosts: ['https://example.com'],
  });

  expect(loaded?.error).toMatchObject({
    hook: 'load',
    message: expect.stringContaining('allowedHosts has "https://example.com"') as string,
  });
});
