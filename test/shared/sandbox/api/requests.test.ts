import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestHost, eventOf, pluginOf } from '../../../support/plugin-host.ts';

const host = createTestHost({ allowPrivateNetworks: true });
let received: { method: string | undefined; url: string | undefined; type: string | undefined; body: string }[] = [];
let origin = '';

const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    const { method, url, headers } = request;
    received.push({ method, url, type: headers['content-type'], body });
    response.end('{"stars":140}');
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received = [];
});
afterAll(async () => {
  await host.stop();
  server.close();
});

/** Has a plugin compose a webhook of one event; `url` is where the server is. */
async function compose(returned: string, event: Record<string, unknown> = {}) {
  await host.use(
    pluginOf(1, `exports.composeWebhook = async (event, { config: { url } }) => (${returned});`, { url: origin }),
  );
  return host.callHook(1, 'composeWebhook', eventOf(event));
}

test.each([
  ['is posted when it names no method', `{ url, body: 'text' }`, { method: 'POST', body: 'text' }],
  [
    'goes by the method that it names',
    `{ url: url + '/a?b=c', method: 'PUT', body: '{}' }`,
    { method: 'PUT', url: '/a?b=c' },
  ],
  ['may have headers', `{ url, headers: { 'content-type': 'text/x' }, body: '' }`, { type: 'text/x', body: '' }],
  ['may have no body', `{ url, method: 'GET' }`, { method: 'GET', body: '' }],
  [
    'may have a body that is no text, which becomes JSON',
    `{ url, body: { uuid: event.uuid } }`,
    { body: `{"uuid":"${String(eventOf()['uuid'])}"}` },
  ],
])('a webhook %s', async (_, returned, expected) => {
  const { error } = await compose(returned);

  expect(error).toBeUndefined();
  expect(received).toMatchObject([expected]);
});

test.each(['null', 'undefined', 'false'])('no webhook is sent when composeWebhook returns %s', async (returned) => {
  const { error } = await compose(returned);

  expect(error).toBeUndefined();
  expect(received).toEqual([]);
});

test('a webhook without an address is an error that says so', async () => {
  const { error } = await compose(`{ body: 'text' }`);

  expect(error).toMatchObject({
    hook: 'composeWebhook',
    name: 'TypeError',
    message: 'composeWebhook returned no url; got undefined, a string is expected',
  });
});

test('composeWebhook finds what the event has of its own before what lies beside its properties', async () => {
  await compose(`{ url, body: [event.properties, Object.keys(event).sort()] }`, {
    properties: { $ip: '198.51.100.1', $set: { plan: 'free' } },
    $set: { plan: 'pro', team: 'a' },
    $set_once: { first: 1 },
  });

  const [properties, keys] = JSON.parse(received[0]?.body ?? '[]') as [unknown, unknown];
  expect(properties).toEqual({ $ip: '198.51.100.1', $set: { plan: 'free', team: 'a' }, $set_once: { first: 1 } });
  expect(keys).toEqual(['distinct_id', 'event', 'properties', 'team_id', 'timestamp', 'uuid']);
});

test('a scheduled task may fetch, and capture what it found', async () => {
  const code = `exports.runEveryMinute = async ({ config }) => {
    const response = await fetch(new URL('/repos', config.url));
    const { stars } = await response.json();
    posthog.capture('popularity', { stars, ok: response.ok });
  };`;
  await host.use(pluginOf(2, code, { url: origin }));

  const { error } = await host.callHook(2, 'runEveryMinute');

  expect(error).toBeUndefined();
  expect(received).toMatchObject([{ method: 'GET', url: '/repos' }]);
  expect(JSON.parse(host.memory.captured.at(-1)?.event ?? '{}')).toMatchObject({
    event: 'popularity',
    distinct_id: 'Plugin 2',
    properties: { stars: 140, ok: true },
  });
});

test('a job may fetch without awaiting the answer, and the request is made before the job counts as done', async () => {
  const code = `exports.jobs = { send: (payload, { config }) => { fetch(config.url + payload.path, { method: 'post', body: JSON.stringify(payload) }) } };`;
  await host.use(pluginOf(3, code, { url: origin }));

  const { error } = await host.callHook(3, 'job send', { path: '/hook' });

  expect(error).toBeUndefined();
  expect(received).toMatchObject([{ method: 'POST', url: '/hook', body: '{"path":"/hook"}' }]);
});
