import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestHost, eventOf, pluginOf } from '../../support/plugin-host.ts';

const host = createTestHost({ allowPrivateNetworks: true });
const { callHook } = host;
afterAll(() => host.stop());

const PLUGIN = `
  const log = [];
  exports.onEvent = async (event, { global, cache }) => { global.seen = (global.seen ?? 0) + 1; cache.set('seen', event.uuid); };
  exports.onSnapshot = (event) => event.event;
  exports.exportEvents = async (events) => { if (events.length > 1) throw new RetryError('later'); return events.map((event) => event.event); };
  exports.runEveryMinute = async ({ global }) => ({ seen: global.seen });
  exports.runEveryWeek = () => {};
  exports.getSettings = () => ({ handlesLargeBatches: true });
  exports.jobs = {
    'say it': async (payload, { config }) => [payload instanceof Array, payload, config.word],
    bare: (meta) => Object.keys(meta).includes('cache'),
    second: (_, meta) => Object.keys(meta).includes('cache'),
    named: 'runEveryMinute',
  };
  exports.helper = 1;
`;

describe('hooks outside of the chain', () => {
  beforeAll(() => host.use(pluginOf(1, PLUGIN, { word: 'hello' })));

  it('are told with jobs and scheduled tasks as what the plugin can do', () => {
    expect(host.loads.at(-1)?.capabilities).toEqual({
      methods: ['onEvent', 'onSnapshot', 'exportEvents', 'getSettings'],
      jobs: ['say it', 'bare', 'second', 'named'],
      scheduledTasks: ['runEveryMinute', 'runEveryWeek'],
    });
  });

  it('get the event, and what they set without awaiting is stored', async () => {
    const { error } = await callHook(1, 'onEvent', eventOf({ uuid: '018f3e2a-0000-7000-9f00-000000000001' }));

    expect(error).toBeUndefined();
    expect(host.cache.get('1:seen')).toBe('"018f3e2a-0000-7000-9f00-000000000001"');
  });

  it('share one global object with each other', async () => {
    const { value } = await callHook(1, 'runEveryMinute');

    expect(value).toBe('{"seen":1}');
  });

  it('give back what they return as JSON', async () => {
    expect((await callHook(1, 'getSettings')).value).toBe('{"handlesLargeBatches":true}');
    expect((await callHook(1, 'onSnapshot', eventOf({ event: '$snapshot' }))).value).toBe('"$snapshot"');
    expect((await callHook(1, 'exportEvents', [eventOf()])).value).toBe('["$pageview"]');
  });

  it('say that they want to be called again', async () => {
    const { error } = await callHook(1, 'exportEvents', [eventOf(), eventOf()]);

    expect(error).toMatchObject({ hook: 'exportEvents', name: 'RetryError', message: 'later', retry: true });
  });

  it('are run as jobs with a payload of the plugin’s own kind, and meta after it', async () => {
    expect((await callHook(1, 'job say it', [1, 'a'])).value).toBe('[true,[1,"a"],"hello"]');
  });

  it.each(['job bare', 'job second'])('find meta first and second when a job was given nothing: %s', async (job) => {
    expect((await callHook(1, job)).value).toBe('true');
  });

  it('can be another export that a job names', async () => {
    expect((await callHook(1, 'job named')).value).toBe('{"seen":1}');
  });

  it('fail by their name when the plugin has none of that name', async () => {
    const { error } = await callHook(1, 'job nothing', {});

    expect(error?.message).toBe('Task "nothing" not found for plugin "Plugin 1" with config id 1');
  });
});

describe('a hook that misbehaves', () => {
  it('costs only its own call when it loops for ever or never answers', async () => {
    const bad = `exports.onEvent = (event) => {
      if (event.event === 'loop') while (true) {}
      if (event.event === 'wait') return new Promise(() => {});
      return event.event;
    };`;
    await host.use(pluginOf(2, bad), pluginOf(3, `exports.onEvent = async () => 'fine';`));
    const call = (plugin: number, event: string) => ({
      plugin,
      hook: 'onEvent',
      argument: JSON.stringify(eventOf({ event })),
    });

    const { results } = await host.invoke(
      [call(2, 'wait'), call(3, 'a'), call(2, 'loop'), call(2, 'b'), call(3, 'c')],
      performance.now() + 60_000,
    );

    expect(results.map(({ value, error }) => error?.name ?? value)).toEqual([
      'TimeoutError',
      '"fine"',
      'TimeoutError',
      '"b"',
      '"fine"',
    ]);
    expect(results[2]?.error?.message).toBe('Script execution timed out after looping for 1 second');
  });

  it('is asked again when it was an export that took too long', async () => {
    await host.use(pluginOf(4, `exports.exportEvents = () => new Promise(() => {});`));

    const { error } = await callHook(4, 'exportEvents', [eventOf()]);

    expect(error).toMatchObject({ name: 'TimeoutError', retry: true });
  });
});

describe('composeWebhook', () => {
  const received: { method: string | undefined; key: unknown; body: string }[] = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      received.push({ method: request.method, key: request.headers['x-key'], body });
      response.statusCode = request.url === '/down' ? 503 : 200;
      response.end();
    });
  });
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await host.use(
      pluginOf(
        5,
        `exports.composeWebhook = (event, { config }) => event.event === 'skip' ? null : ({
          url: config.url + (event.event === 'down' ? '/down' : ''), method: 'POST', headers: { 'x-key': 'k' },
          body: JSON.stringify({ ...event, isDate: event.timestamp instanceof Date }) });`,
        { url },
      ),
    );
  });
  afterAll(() => void server.close());

  it('gets the event in its later shape, and what it returns is sent', async () => {
    const event = eventOf({
      timestamp: '2026-11-21T10:20:30.000Z',
      $set: { plan: 'pro' },
      properties: { a: 1 },
      site_url: 'x',
    });

    const { error } = await callHook(5, 'composeWebhook', event);

    expect(error).toBeUndefined();
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ method: 'POST', key: 'k' });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      uuid: event['uuid'],
      team_id: 1,
      distinct_id: 'user-1',
      event: '$pageview',
      timestamp: '2026-11-21T10:20:30.000Z',
      isDate: true,
      properties: { a: 1, $ip: '203.0.113.7', $set: { plan: 'pro' } },
    });
  });

  it('sends nothing when it returns null', async () => {
    received.length = 0;

    expect(await callHook(5, 'composeWebhook', eventOf({ event: 'skip' }))).toMatchObject({ value: 'null' });
    expect(received).toEqual([]);
  });

  it('fails when the receiver does not take it', async () => {
    const { error } = await callHook(5, 'composeWebhook', eventOf({ event: 'down' }));

    expect(error).toMatchObject({ hook: 'composeWebhook', message: 'The webhook’s receiver answered 503' });
  });
});
