/**
 * Code for plugins under test: `walkWorld(meta, event, roots)` gives a Map from everything that a plugin can get hold of without leaving its
 * realm to the path by which it was found: from its globals, `meta` and the event through properties, getters, prototypes and
 * constructors; and what functions of `meta`, the globals and modules give or throw when they are called. Own realm's built-ins are not called.
 */
export const WALK = `
const walkFrom = (roots) => {
  const reached = new Map();
  const waiting = [];
  const see = (value, path) => {
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return;
    if (reached.has(value) || path.length > 300) return;
    reached.set(value, path);
    waiting.push(value);
  };
  for (const [path, value] of roots) see(value, path);
  while (waiting.length > 0 && reached.size < 30000) {
    const value = waiting.pop(); const path = reached.get(value);
    try { see(Object.getPrototypeOf(value), path + '.__proto__'); } catch {}
    let keys = []; try { keys = Reflect.ownKeys(value); } catch {}
    for (const key of keys.slice(0, 500)) {
      let property; try { property = Object.getOwnPropertyDescriptor(value, key); } catch { continue; }
      const at = path + '.' + String(key);
      if (!property) continue;
      see(property.get, at + ':get'); see(property.set, at + ':set');
      if ('value' in property) see(property.value, at); else { try { see(value[key], at); } catch (error) { see(error, at + ':thrown'); } }
    }
  }
  return reached;
};
const walkWorld = async (meta, event, roots = undefined) => {
  const found = [];
  const see = (value, path) => void found.push([path, value]);
  const settle = async (value, path) => {
    see(value, path + '()');
    try { see(await value, path + '()!'); } catch (error) { see(error, path + '()!thrown'); }
  };
  const call = async (call, path) => {
    let value;
    try { value = call(); } catch (error) { see(error, path + ':thrown'); return; }
    await settle(value, path);
  };
  const given = roots ?? { meta, event, console, fetch, google, posthog, require, Buffer, RetryError, URL, global: globalThis };
  for (const [name, value] of Object.entries(given)) see(value, name);
  const arguments_ = [[], ['key'], ['key', 1], [{ toString() { throw null; } }], [null, null]];
  const methods = (owner, name) => Object.entries(owner).filter(([, value]) => typeof value === 'function').map(([key, value]) => [name + '.' + key, value]);
  const called = [
    ...methods(meta.cache, 'cache'), ...methods(meta.storage, 'storage'), ...methods(meta.utils.cursor, 'cursor'), ...methods(meta.geoip, 'geoip'),
    ...methods(posthog, 'posthog'), ...methods(posthog.api, 'api'), ...methods(console, 'console'), ['jobs.x', meta.jobs.x],
  ];
  for (const [path, method] of called) for (const list of arguments_) await call(() => method(...list), path);
  for (const [path, run] of [
    ['jobs.x().runNow', () => meta.jobs.x({}).runNow()], ['jobs.x().runIn', () => meta.jobs.x({}).runIn(1, 'never')], ['metrics', () => meta.metrics.none.increment(1)],
    ['fetch', () => fetch()], ['fetch(data)', () => fetch('data:application/json,{"a":[1]}')],
    ['fetch.text', async () => (await fetch('data:,x')).text()], ['fetch.json', async () => (await fetch('data:,{"a":[1]}')).json()], ['fetch.json!', async () => (await fetch('data:,x')).json()],
    ['fetch.twice', async () => { const r = await fetch('data:,x'); await r.text(); await r.text(); }],
    ['fetch.Headers', () => new fetch.Headers([['a', 'b']])], ['fetch.Headers!', () => new fetch.Headers([[]])], ['fetch.headers', async () => (await fetch('data:,x')).headers.raw()],
    ['fetch.entries', () => new fetch.Headers([['a', 'b']]).entries()], ['fetch.entry', () => new fetch.Headers([['a', 'b']]).entries().next().value],
    ['fetch.Request', () => new fetch.Request('http://x/')], ['fetch.Response', () => new fetch.Response('x').clone()], ['fetch.Response!', () => fetch.Response()],
    ['fetch.FetchError', () => new fetch.FetchError('m', 't')], ['fetch.AbortError', () => new fetch.AbortError('m')],
  ]) await call(run, path);
  if (roots === undefined) for (const [path, run] of [
    ['fetch.buffer', async () => (await fetch('data:,x')).buffer()], ['fetch.blob', async () => (await fetch('data:,x')).blob()], ['fetch.body', async () => (await fetch('data:,x')).body],
    ['fetch.arrayBuffer', async () => (await fetch('data:,x')).arrayBuffer()],
    ['URL', () => new URL('http://x/?a=b').searchParams], ['URL!', () => new URL('?')], ['Buffer', () => Buffer.from('x')], ['Buffer!', () => Buffer.from(null)],
    ['RetryError', () => new RetryError(new Error('x'))], ['require!', () => require('none')],
    ...['crypto', 'url', 'zlib', '@posthog/plugin-scaffold', 'node-fetch'].map((name) => [name, () => require(name)]),
    ['hash', () => require('crypto').createHash('sha256')], ['hash!', () => require('crypto').createHash('none')], ['gzip', () => require('zlib').createGzip()], ['brotli', () => require('zlib').createBrotliCompress()],
    ['hmac', () => require('crypto').createHmac('sha256', 'key')], ['cipher', () => require('crypto').createCipheriv('aes-128-cbc', Buffer.alloc(16), Buffer.alloc(16))],
    ['key', () => require('crypto').createSecretKey(Buffer.alloc(16))], ['ecdh', () => require('crypto').createECDH('prime256v1')], ['sign', () => require('crypto').createSign('sha256')],
    ['webcrypto', () => require('crypto').webcrypto.subtle.digest('SHA-256', Buffer.from('x'))], ['gunzip!', () => require('zlib').gunzipSync('x')],
    ['bigquery', () => google.cloud.bigquery],
  ]) await call(run, path);
  return walkFrom(found);
};
/** What every realm has of its own; nothing of it is called. */
const walkOwn = () => {
  const provided = ['Buffer', 'URL', 'RetryError', 'console', 'fetch', 'google', 'posthog', 'require', 'global', 'globalThis', 'exports', 'module'];
  const roots = Object.getOwnPropertyNames(globalThis).filter((name) => !provided.includes(name)).map((name) => globalThis[name]);
  const unnamed = [[].values(), new Map().entries(), new Set().entries(), ''[Symbol.iterator](), ''.matchAll(/x/g), function* () {}, async () => {}, async function* () {}];
  return walkFrom([...roots, ...unnamed].map((value, index) => [String(index), value]));
};
/** The global object that a function's maker belongs to, whatever kind of function it makes; undefined when it makes none. */
const worldOf = async (made) => {
  let world;
  try { world = await made.constructor('return globalThis')(); if (typeof world.next === 'function') world = (await world.next()).value; } catch { return undefined; }
  return typeof world === 'object' ? world : undefined;
};
`;
