import { afterEach, describe, expect, it } from 'vitest';
import type { PluginEvent } from '../../../shared/event/plugin-event.ts';
import { createTestHost, eventOf, eventsOf, pluginOf, type TestHost } from '../../support/plugin-host.ts';

/** What PostHog put into `meta`. */
const META_KEYS = ['attachments', 'cache', 'config', 'geoip', 'global', 'jobs', 'metrics', 'storage', 'utils'];

let host: TestHost;
afterEach(() => host.stop());

async function propertiesAfter(code: string, config: Record<string, unknown> = {}, events = [eventOf()]) {
  host = createTestHost();
  const [loaded] = await host.use(pluginOf(1, code, config));
  expect(loaded?.error).toBeUndefined();
  return eventsOf(await host.runEvents(events)).map((event: PluginEvent) => event.properties);
}

describe('what a plugin finds in its realm', () => {
  it.each([
    ['exports', `exports.processEvent = (event) => { event.properties.ok = 1; return event; };`],
    ['exports.default', `exports.default = { processEvent: (event) => { event.properties.ok = 1; return event; } };`],
    ['module.exports', `module.exports = { processEvent: (event) => { event.properties.ok = 1; return event; } };`],
    ['top-level functions', `async function processEvent(event) { event.properties.ok = 1; return event; }`],
  ])('is looked for hooks in %s', async (_, code) => {
    expect(await propertiesAfter(code)).toMatchObject([{ ok: 1 }]);
  });

  it('passes meta as the last argument, with config, cache, attachments and a global of its own', async () => {
    const code = `
      exports.setupPlugin = async ({ config, global }) => { global.greeting = config.greeting + '!'; };
      exports.processEvent = (event, meta) => {
        meta.global.count = (meta.global.count || 0) + 1;
        event.properties.greeting = meta.global.greeting;
        event.properties.count = meta.global.count;
        event.properties.keys = Object.keys(meta).sort();
        return event;
      };`;

    expect(await propertiesAfter(code, { greeting: 'hello' }, [eventOf(), eventOf()])).toMatchObject([
      { greeting: 'hello!', count: 1, keys: META_KEYS },
      { greeting: 'hello!', count: 2 },
    ]);
  });

  it('lets a write to meta.config pass without effect', async () => {
    const code = `exports.processEvent = (event, { config }) => { config.name = 'changed'; config.inner.list = []; event.properties.config = config; return event; };`;

    expect(await propertiesAfter(code, { name: 'given', inner: { list: [1] } })).toMatchObject([
      { config: { name: 'given', inner: { list: [1] } } },
    ]);
  });

  it('has PostHog’s globals and none of Node’s', async () => {
    const names = [
      'console',
      'fetch',
      'RetryError',
      'URL',
      'Buffer',
      'posthog',
      'google',
      'global',
      'setTimeout',
      'setInterval',
      'setImmediate',
      'queueMicrotask',
      'process',
      'performance',
    ];
    const code = `exports.processEvent = (event) => { event.properties.types = [${names.map((name) => `typeof ${name}`).join(', ')}]; return event; };`;

    const [properties] = await propertiesAfter(code);
    const types = properties?.['types'] as string[];

    expect(Object.fromEntries(names.map((name, index) => [name, types[index]]))).toEqual({
      console: 'object',
      fetch: 'function',
      RetryError: 'function',
      URL: 'function',
      Buffer: 'function',
      posthog: 'object',
      google: 'object',
      global: 'object',
      setTimeout: 'undefined',
      setInterval: 'undefined',
      setImmediate: 'undefined',
      queueMicrotask: 'undefined',
      process: 'undefined',
      performance: 'undefined',
    });
  });

  it('runs as a sloppy script, whose names may shadow what is provided', async () => {
    const code = `const fetch = () => 'mine'; undeclared = 1; exports.processEvent = (event) => { event.properties.fetched = fetch() + undeclared; return event; };`;

    expect(await propertiesAfter(code)).toMatchObject([{ fetched: 'mine1' }]);
  });

  it('keeps what a plugin changes on a module for the plugin itself', async () => {
    const code = `require('crypto').createHash = () => 'mine'; exports.processEvent = (event) => { event.properties.made = require('crypto').createHash(); return event; };`;

    expect(await propertiesAfter(code)).toMatchObject([{ made: 'mine' }]);
  });

  it('gives buffers, addresses, streams and errors that behave as everywhere', async () => {
    const code = `'use strict';
      class Mine extends RetryError { constructor(message) { super(message); this.name = 'Mine'; this.toString = () => 'own'; } }
      exports.processEvent = async (event) => {
        const { createGzip, gunzipSync } = require('zlib');
        const stream = createGzip(); stream.write = stream.write; const parts = [];
        const zipped = new Promise((resolve) => stream.on('data', (part) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts))));
        stream.end('zip');
        event.properties.found = [
          Buffer.isBuffer(Buffer.from('x')), Buffer.from('x') instanceof Buffer, new URL('http://x') instanceof URL, require('url').URL === URL,
          gunzipSync(await zipped).toString(), new Mine('m').name, String(new Mine('m')), new Mine('m') instanceof RetryError,
          require('crypto').webcrypto.getRandomValues(new Uint8Array(2)).length,
        ].join();
        return event;
      };`;

    expect(await propertiesAfter(code)).toMatchObject([{ found: 'true,true,true,true,zip,Mine,own,true,2' }]);
  });

  it('lets an event have properties named like those of every object', async () => {
    const code = `exports.processEvent = (event) => { event.properties.constructor = 'c'; event.properties.toString = 't'; event.valueOf = 1; return event; };`;

    const [properties] = await propertiesAfter(code, {}, [eventOf({ properties: { hasOwnProperty: 'sent' } })]);

    expect(Object.fromEntries(Object.entries(properties ?? {}))).toMatchObject({
      constructor: 'c',
      toString: 't',
      hasOwnProperty: 'sent',
    });
  });

  it('writes console lines to the log, objects as JSON', async () => {
    host = createTestHost();
    await host.use(
      pluginOf(
        1,
        `exports.processEvent = (event) => { console.log('got', { a: [1] }, new Error('bad'), undefined); console.error('!'); return event; };`,
      ),
    );

    const { logs } = await host.runEvents([eventOf()]);

    expect(logs).toMatchObject([
      { plugin: 1, level: 'LOG', message: 'got {"a":[1]} Error: bad undefined' },
      { plugin: 1, level: 'ERROR', message: '!' },
    ]);
  });

  it('counts log lines beyond the limit instead of keeping them', async () => {
    host = createTestHost();
    await host.use(
      pluginOf(
        1,
        `exports.processEvent = (event) => { for (let i = 0; i < 1500; i++) console.log(i); return event; };`,
      ),
    );

    const { logs, logsDropped } = await host.runEvents([eventOf()]);

    expect([logs.length, logsDropped]).toEqual([1000, 500]);
  });

  it('sees its own cache writes at once, awaited or not, and stores one value per key and batch', async () => {
    const code = `exports.processEvent = async (event, { cache }) => {
      const count = await cache.get('count', 0);
      cache.set('count', count + 1);
      event.properties.count = await cache.get('count');
      event.properties.miss = await cache.get('nothing there');
      return event;
    };`;
    const [properties] = await propertiesAfter(code);
    const first = host.cache.get('1:count');

    await host.runEvents([eventOf()]);

    expect(properties).toMatchObject({ count: 1, miss: null });
    expect([first, host.cache.get('1:count')]).toEqual(['1', '2']);
  });
});
