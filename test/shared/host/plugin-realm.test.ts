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

  it('keeps the realms of two plugins apart', async () => {
    host = createTestHost();
    const leave = `Object.prototype.leaked = 1; globalThis.leaked = 1; exports.processEvent = (event) => event;`;
    const look = `exports.processEvent = (event) => { event.properties.found = typeof globalThis.leaked + typeof ({}).leaked; return event; };`;
    await host.use(pluginOf(1, leave), pluginOf(2, look));

    const [event] = eventsOf(await host.runEvents([eventOf()]));

    expect(event?.properties).toMatchObject({ found: 'undefinedundefined' });
  });

  it.each([
    ['__proto__', `event.properties.__proto__.leaked = 1; event.__proto__.toJSON = () => 'gone';`],
    [
      'constructor.prototype',
      `event.constructor.prototype.leaked = 1; event.properties.constructor.prototype.toJSON = () => 'gone';`,
    ],
    [
      'the prototype of a list',
      `event.properties.list.__proto__.leaked = 1; event.properties.list.__proto__.map = null;`,
    ],
    [
      'a deep merge of __proto__',
      `const merge = (to, from) => { for (const key of Object.keys(from)) typeof from[key] === 'object' ? merge(to[key] ??= {}, from[key]) : (to[key] = from[key]); }; merge(event.properties, JSON.parse('{"__proto__":{"leaked":1}}'));`,
    ],
  ])('does not let a write through %s of an event reach anybody else', async (_, write) => {
    host = createTestHost();
    const look = `exports.processEvent = (event) => { event.properties.found = [typeof event.leaked, typeof [].leaked, typeof event.properties.list.leaked, typeof ({}).leaked].join(); return event; };`;
    await host.use(pluginOf(1, `exports.processEvent = (event) => { ${write} return event; };`), pluginOf(2, look));

    const result = await host.runEvents([
      eventOf({ properties: { list: [1] } }),
      eventOf({ properties: { list: [1] } }),
    ]);

    expect(eventsOf(result).map(({ properties }) => properties?.['found'])).toEqual(
      Array(2).fill('undefined,undefined,undefined,undefined'),
    );
    expect(result.errors).toEqual([]);
  });

  it.each([
    ['functions of Buffer', `Buffer.from = (x) => x; Buffer.concat = () => 'mine'; Buffer.byteLength = () => 1;`],
    [
      'the prototype of Buffer',
      `Buffer.prototype.toString = () => 'mine'; Buffer.prototype.leaked = 1; Buffer.prototype.__proto__.__proto__.set = null;`,
    ],
    [
      'URL',
      `URL.canParse = () => 'mine'; URL.prototype.leaked = 1; new URL('http://x').searchParams.constructor.prototype.get = () => 'mine';`,
    ],
    [
      'a module',
      `require('crypto').createHash = () => 'mine'; require('zlib').gzipSync = null; require('url').parse = null;`,
    ],
    [
      'classes of a module',
      `require('crypto').Hash.prototype.update = null; require('zlib').Gunzip.prototype.__proto__.__proto__.write = null; require('crypto').webcrypto.subtle.constructor.prototype.digest = null;`,
    ],
    ['promises of the host', `const P = meta.cache.get('x').constructor; P.resolve = null; P.prototype.leaked = 1;`],
    [
      'objects of the cache',
      `meta.cache.set('o', { list: [] }); const o = await meta.cache.get('o'); o.__proto__.leaked = 1; o.list.__proto__.push = null; o.list.__proto__.map = null; o.__proto__.toJSON = () => 'mine';`,
    ],
    [
      'errors of the host',
      `try { new URL('?'); } catch (error) { error.__proto__.message = 'mine'; error.__proto__.__proto__.leaked = 1; error.__proto__.__proto__.toString = null; }`,
    ],
    [
      'RetryError',
      `RetryError.prototype.leaked = 1; RetryError.prototype.name = 'mine'; require('@posthog/plugin-scaffold').RetryError.mine = 1;`,
    ],
    [
      'fetch',
      `const { constructor: F } = await fetch('data:,x'); F.prototype.text = () => 'mine'; F.json = null; (await fetch('data:,x')).headers.__proto__.get = () => 'mine'; fetch.mine = 1;`,
    ],
  ])('does not let a change of %s reach other plugins or the host', async (_, change) => {
    host = createTestHost();
    const look = `const { createHash, webcrypto } = require('crypto');
      exports.processEvent = async (event, { cache }) => {
        const response = await fetch('data:text/plain,text');
        const { searchParams } = new URL('http://x/?a=b');
        event.properties.found = [
          createHash('sha256').update('x').digest('hex').slice(0, 4), typeof webcrypto.subtle.digest, URL.canParse('http://x'), searchParams.get('a'),
          require('zlib').gunzipSync(require('zlib').gzipSync('zip')).toString(), typeof require('url').parse,
          Buffer.concat([Buffer.from('a'), Buffer.from('b')]).toString(), Buffer.byteLength('abc'), await cache.get('none', 'miss'),
          await response.text(), response.headers.get('content-type'), typeof fetch.mine, typeof RetryError.mine, new RetryError('r').name,
          [Buffer.prototype, URL.prototype, RetryError.prototype, cache.get('x'), cache, new RetryError('r')].filter((value) => value.leaked).length,
        ].join();
        return event;
      };`;
    await host.use(
      pluginOf(
        1,
        `exports.processEvent = async (event, meta) => { try { ${change} } catch (error) { if (error.name !== 'TypeError') throw error; } return event; };`,
      ),
      pluginOf(2, look),
    );

    const result = await host.runEvents([eventOf({ properties: {} }), eventOf({ properties: {} })]);

    expect(eventsOf(result).map(({ properties }) => properties?.['found'])).toEqual(
      Array(2).fill('2d71,function,true,b,zip,function,ab,3,miss,text,text/plain,undefined,undefined,RetryError,0'),
    );
    expect(result.errors).toEqual([]);
  });

  it('survives an error event nobody listens for, and names the plugin', async () => {
    host = createTestHost();
    const code = `exports.processEvent = async (event, { cache }) => { require('zlib').createGunzip().end('no gzip'); await cache.get('x'); return event; };`;
    await host.use(pluginOf(1, code));
    const before = host.processId();

    // The error comes from a thread: with luck within this batch, otherwise with the next.
    const first = await host.runEvents([eventOf()]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const second = await host.runEvents([eventOf()]);

    expect(host.processId()).toBe(before);
    expect(eventsOf(second)).toHaveLength(1);
    expect([...first.logs, ...second.logs]).toContainEqual(
      expect.objectContaining({ level: 'ERROR', message: expect.stringContaining('incorrect header check') as string }),
    );
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

    expect(logs).toEqual([
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

  it.each([
    ['a syntax error', 'exports.processEvent = (', { hook: 'load', name: 'SyntaxError', retry: false }],
    ['an error at the top level', `throw new Error('broken')`, { hook: 'load', message: 'broken', retry: false }],
    ['an endless loop at the top level', 'for (;;) {}', { hook: 'load', retry: false }],
    [
      'an import that is not provided',
      `require('left-pad')`,
      {
        hook: 'load',
        message: expect.stringContaining(
          "Cannot import 'left-pad'! This package is not provided by PostHog in plugins.",
        ) as string,
      },
    ],
    [
      'an error in setupPlugin',
      `exports.setupPlugin = async () => { throw new Error('no key') }`,
      { hook: 'setupPlugin', message: 'no key', retry: false },
    ],
    [
      'a RetryError in setupPlugin',
      `exports.setupPlugin = async () => { throw new RetryError('later') }`,
      { hook: 'setupPlugin', message: 'later', retry: true },
    ],
    [
      'a RetryError of the scaffold',
      `const { RetryError } = require('@posthog/plugin-scaffold'); exports.setupPlugin = () => { throw new (class Mine extends RetryError {})('later') }`,
      { retry: true },
    ],
    [
      'a setupPlugin that never ends',
      `exports.setupPlugin = () => new Promise(() => {})`,
      { hook: 'setupPlugin', name: 'TimeoutError' },
    ],
    [
      'a setupPlugin that loops for ever',
      `exports.setupPlugin = () => { for (;;) {} }`,
      { hook: 'setupPlugin', name: 'TimeoutError' },
    ],
  ])('does not load with %s, and its events pass it by', async (_, code, error) => {
    host = createTestHost();
    const results = await host.use(
      pluginOf(1, code),
      pluginOf(2, `exports.processEvent = (event) => { event.properties.ok = 1; return event; };`),
    );

    const [event] = eventsOf(await host.runEvents([eventOf()]));

    expect(results.find(({ id }) => id === 1)?.error).toMatchObject(error);
    expect(event?.properties).toMatchObject({ ok: 1, $plugins_succeeded: ['Plugin 2 (2)'], $plugins_failed: [] });
  });

  it('is torn down and set up again when the plugin config changes, and only then', async () => {
    const code = `let setups = 0;
      exports.setupPlugin = ({ cache }) => cache.set('setup', ++setups);
      exports.teardownPlugin = ({ cache, config }) => cache.set('torn down', config.name);
      exports.processEvent = (event, { config }) => { event.properties.name = config.name; return event; };`;
    host = createTestHost();
    const [one, other, changed] = [
      pluginOf(1, code, { name: 'first' }),
      pluginOf(2, code, { name: 'other' }),
      pluginOf(1, code, { name: 'second' }),
    ];
    await host.use(one, other);

    const results = await host.use(changed, other);
    const [event] = eventsOf(await host.runEvents([eventOf()]));

    expect(results.map(({ id }) => id)).toEqual([1]);
    expect(host.cache.get('1:torn down')).toBe('"first"');
    expect(host.cache.has('2:torn down')).toBe(false);
    expect(event?.properties).toMatchObject({ name: 'other', $plugins_succeeded: ['Plugin 1 (1)', 'Plugin 2 (2)'] });
  });
});
