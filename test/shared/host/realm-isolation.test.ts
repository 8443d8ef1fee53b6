import { afterAll, describe, expect, it } from 'vitest';
import { createTestHost, eventOf, eventsOf, pluginOf } from '../../support/plugin-host.ts';

const host = createTestHost({ hookTimeoutSeconds: 10 });
afterAll(() => host.stop());

describe('plugins of one child', () => {
  it('keeps the realms of two plugins apart', async () => {
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

  it('share no memory through small buffers', async () => {
    const secret = `const kept = [Buffer.from('secret of one plugin'), Buffer.from('c2VjcmV0', 'base64')]; exports.processEvent = (event) => event;`;
    const look = `exports.processEvent = (event) => {
      const all = [Buffer.from('x'), Buffer.from('eA==', 'base64'), Buffer.concat([Buffer.from('x')]), Buffer.from([1]), require('crypto').randomBytes(1)];
      event.properties.found = all.map(({ buffer }) => Buffer.from(buffer).includes('secret') || buffer.byteLength > 64);
      return event;
    };`;
    await host.use(pluginOf(1, secret), pluginOf(2, look));

    const [event] = eventsOf(await host.runEvents([eventOf()]));

    expect(event?.properties).toMatchObject({ found: Array(5).fill(false) });
  });
});
