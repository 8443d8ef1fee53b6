import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  authorization: string | undefined;
  type: string | undefined;
  body: string;
}

const { host, run } = createPluginCalls({ allowPrivateNetworks: true });
let server: Server;
let seen: Seen[] = [];
let origin = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { authorization, 'content-type': type } = request.headers;
      seen.push({ method: request.method, url: request.url, authorization, type, body });
      response.statusCode = request.url?.startsWith('/missing') ? 404 : 200;
      response.end('{"ok":1}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen = [];
  Object.assign(host.memory.apiAccess, { host: origin, projectApiKey: 'phc_project', personalApiKey: 'phx_person' });
});
afterAll(async () => {
  await host.stop();
  server.close();
});

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

test.each([
  ['get', 'GET', '/api/event?a=1+b&token=phc_project', ''],
  ['delete', 'DELETE', '/api/event?a=1+b&token=phc_project', ''],
  ['post', 'POST', '/api/event?token=phc_project', '{"a":"1 b"}'],
  ['put', 'PUT', '/api/event?token=phc_project', '{"a":"1 b"}'],
])('posthog.api.%s sends data and the project’s keys to the configured host', async (method, sent, url, body) => {
  const { result } = await run(
    `const response = await posthog.api.${method}('/api/event', { data: { a: '1 b' } }); return [response.status, await response.json()]`,
  );

  expect(result).toEqual([200, { ok: 1 }]);
  expect(seen).toEqual([
    {
      method: sent,
      url,
      authorization: 'Bearer phx_person',
      type: body === '' ? undefined : 'application/json',
      body,
    },
  ]);
});

test.each([
  ['a path without a slash, a host with one', `get('api/x', { host: host + '/' })`, '/api/x?token=phc_project'],
  ['a path that has a query', `get('/api/x?limit=5')`, '/api/x?limit=5&token=phc_project'],
  [
    'data that names a token, but not instead of the project’s',
    `get('/x', { data: { token: 'other' } })`,
    '/x?token=phc_project',
  ],
  ['keys of its own', `get('/x', { host, projectApiKey: 'phc_own', personalApiKey: 'phx_own' })`, '/x?token=phc_own'],
])('posthog.api takes %s', async (_, call, url) => {
  await run(`const host = '${origin}'; await posthog.api.${call}`);

  expect(seen[0]?.url).toBe(url);
});

test('posthog.api sends an empty object when it is given no data to post', async () => {
  await run(`await posthog.api.post('/x')`);

  expect(seen[0]?.body).toBe('{}');
});

test('posthog.api leaves the status to the plugin', async () => {
  const { result } = await run(`const { ok, status } = await posthog.api.get('/missing'); return [ok, status]`);

  expect(result).toEqual([false, 404]);
});

test.each([[`{ projectApiKey: 'a' }`], [`{ personalApiKey: 'a' }`]])(
  'posthog.api refuses %s alone',
  async (options) => {
    const { result } = await run(`return posthog.api.get('/x', ${options})`);

    expect(result).toBe('Error: You must specify a personalApiKey if you specify a projectApiKey and vice-versa!');
    expect(seen).toEqual([]);
  },
);

test.each([
  ['a project that is not known', { projectApiKey: null }, 'Error: Unable to determine project'],
  ['no personal key', { personalApiKey: null }, 'Error: Unable to find or create a Personal API Key'],
])('posthog.api says that there is %s', async (_, access, message) => {
  Object.assign(host.memory.apiAccess, access);

  const { result } = await run(`return posthog.api.get('/x')`);

  expect(result).toBe(message);
});

test('posthog.api asks for the project’s keys once per batch', async () => {
  const from = host.memory.calls.length;

  await run(`await posthog.api.get('/x')`, { events: 5 });

  expect(host.memory.calls.slice(from)).toEqual([{ service: 'api.access', count: 1 }]);
});

test('posthog.api without keys of the plugin’s own fails where the parent has none', async () => {
  const without = createPluginCalls({ allowPrivateNetworks: true }, ({ cache, warn }) => ({ cache, warn }));

  const own = await without.run(
    `return (await posthog.api.get('/x', { host: '${origin}', projectApiKey: 'a', personalApiKey: 'b' })).status`,
  );
  const { result } = await without.run(`return posthog.api.get('/x')`);

  await without.host.stop();
  expect(own.result).toBe(200);
  expect(result).toBe(
    'Error: Not available here: posthog.api without keys of your own. This function has no "api.access" service.',
  );
});
