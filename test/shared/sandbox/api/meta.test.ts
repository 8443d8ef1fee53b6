import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../../support/plugin-calls.ts';
import { createTestHost, eventOf, eventsOf, pluginOf } from '../../../support/plugin-host.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

const ATTACHED = { file: { contentType: 'text/plain', fileName: 'a.txt', contentsBase64: 'YQ==' } };
const CONFIG = { name: 'given', port: 8080, on: false, none: null, inner: { list: ['b', 'a'], deep: { x: 1 } } };

test.each([
  [
    'a value that is replaced, in the body of a class',
    `class Reader { read() { config.name = 'mine'; return config.name } } return new Reader().read()`,
    'given',
  ],
  ['a value that is replaced', `'use strict'; config.name = 'mine'; return config.name`, 'given'],
  ['a value that is added', `'use strict'; config.added = 1; return 'added' in config`, false],
  ['a value that is deleted', `'use strict'; delete config.name; return config.name`, 'given'],
  [
    'a value that is defined',
    `Object.defineProperty(config, 'name', { value: 1, configurable: true }); return config.name`,
    'given',
  ],
  [
    'values that are assigned',
    `Object.assign(config, { name: 1, added: 2 }); return [config.name, config.added ?? null]`,
    ['given', null],
  ],
  [
    'a prototype',
    `'use strict'; Object.setPrototypeOf(config, null); config.__proto__ = { x: 1 }; return typeof config.x`,
    'undefined',
  ],
  [
    'a value within a value',
    `'use strict'; config.inner.deep.x = 2; delete config.inner.deep; return config.inner.deep.x`,
    1,
  ],
  [
    'a list that is changed in place',
    `'use strict'; const { list } = config.inner; list.push('c'); list.sort(); list.reverse(); list.splice(0, 1); list.length = 0; list[0] = 'z'; return list`,
    ['b', 'a'],
  ],
])('a write to meta.config neither lasts nor throws in strict code: %s', async (_, body, expected) => {
  const { result } = await run(body, { plugin: { config: CONFIG } });

  expect(result).toEqual(expected);
});

test.each([
  ['has the values as they were entered, of their own types', `return config`, CONFIG],
  [
    'can be spread, listed and taken apart',
    `const { name, ...rest } = { ...config }; return [name, Object.keys(rest), Object.entries(config).length]`,
    ['given', ['port', 'on', 'none', 'inner'], 5],
  ],
  [
    'can be written as JSON and to the log',
    `console.log(config.inner); return JSON.stringify(config)`,
    JSON.stringify(CONFIG),
  ],
  [
    'has lists that are lists',
    `const { list } = config.inner; return [Array.isArray(list), list instanceof Array, list.map((x) => x + 1), [...list, 'c'], list.slice().sort(), list.concat(list).length]`,
    [true, true, ['b1', 'a1'], ['b', 'a', 'c'], ['a', 'b'], 4],
  ],
  [
    'can be copied and the copy changed',
    `const copy = { ...config, inner: structured(config.inner) }; copy.name = 'mine'; copy.inner.list.push('c'); return [copy.name, copy.inner.list.length, config.inner.list.length]; function structured(value) { return JSON.parse(JSON.stringify(value)) }`,
    ['mine', 3, 2],
  ],
  [
    'has no value where none was stored',
    `return ['other' in config, typeof config.other, typeof config.constructor]`,
    [false, 'undefined', 'function'],
  ],
  [
    'is of the plugin’s own realm',
    `return [config instanceof Object, config.inner.list.constructor === Array]`,
    [true, true],
  ],
  [
    'refuses to be frozen, which would be a lasting change',
    `try { Object.freeze(config) } catch (error) { return error.name } return 'frozen'`,
    'TypeError',
  ],
])('meta.config %s', async (_, body, expected) => {
  const { result } = await run(body, { plugin: { config: CONFIG } });

  expect(result).toEqual(expected);
});

test.each([
  ['cache', 'get'],
  ['storage', 'get'],
  ['geoip', 'locate'],
  ['utils', 'cursor'],
  ['utils.cursor', 'increment'],
  ['jobs', 'send'],
  ['jobs.send()', 'runNow'],
  ['metrics', 'sent'],
  ['metrics.sent', 'increment'],
  ['attachments', 'file'],
  ['attachments.file', 'file_name'],
])('a write to meta.%s neither lasts nor throws', async (part, key) => {
  const { result } = await run(
    `'use strict';
     const part = meta.${part}; const before = part.${key};
     part.${key} = 'mine'; delete part.${key}; Object.setPrototypeOf(part, null);
     return [part.${key} === before, typeof before];`,
    { plugin: { attachments: ATTACHED }, before: `exports.metrics = { sent: 'sum' };` },
  );

  expect(result).toEqual([true, expect.stringMatching(/^(function|object|string)$/)]);
});

test('meta and its parts are of the plugin’s own realm', async () => {
  const { result } = await run(
    `return Object.entries({ meta, ...meta }).filter(([, part]) => Object.getPrototypeOf(part) !== Object.prototype).map(([name]) => name)`,
  );

  expect(result).toEqual([]);
});

/** Every hook tells what it was called with, and adds its name to a list on `meta` itself. */
const TELLS = `
  const tell = (hook) => function () {
    const [first] = arguments; const meta = arguments[arguments.length - 1];
    meta.called = [...(meta.called ?? []), hook];
    meta.global.told = { hook, count: arguments.length, first: first === meta ? 'meta' : JSON.stringify(first), keys: Object.keys(meta).sort().join(), called: meta.called.join() };
    if (hook === 'teardownPlugin') meta.cache.set('last', meta.global.told);
    return hook === 'processEvent' ? { ...first, properties: meta.global.told } : hook === 'composeWebhook' ? null : meta.global.told;
  };
  for (const name of ['setupPlugin', 'teardownPlugin', 'processEvent', 'onEvent', 'onSnapshot', 'exportEvents', 'composeWebhook', 'getSettings', 'runEveryMinute', 'runEveryHour', 'runEveryDay'])
    exports[name] = tell(name);
  exports.jobs = { send: tell('jobs.send') };`;

const KEYS = 'attachments,cache,called,config,geoip,global,jobs,metrics,storage,utils';

interface Told {
  hook: string;
  count: number;
  first: string;
  keys: string;
  called: string;
}

const hooks = createTestHost();
beforeAll(() => hooks.use(pluginOf(1, TELLS)));
afterAll(() => hooks.stop());

test.each([
  ['onEvent', { event: 'a' }, 2, '{"event":"a"}'],
  ['onSnapshot', { event: '$snapshot' }, 2, '{"event":"$snapshot"}'],
  ['exportEvents', [{ event: 'a' }, { event: 'b' }], 2, '[{"event":"a"},{"event":"b"}]'],
  ['getSettings', undefined, 1, 'meta'],
  ['runEveryMinute', undefined, 1, 'meta'],
  ['runEveryHour', undefined, 1, 'meta'],
  ['runEveryDay', undefined, 1, 'meta'],
  ['job send', { url: 'x' }, 2, '{"url":"x"}'],
  ['job send', ['x'], 2, '["x"]'],
  ['job send', 'x', 2, '"x"'],
  ['job send', null, 2, 'meta'],
  ['job send', 0, 2, 'meta'],
  ['job send', '', 2, 'meta'],
  ['job send', false, 2, 'meta'],
  ['job send', undefined, 2, 'meta'],
])(
  '%s with %j is called with what it is given and with meta as the last argument',
  async (hook, given, count, first) => {
    const { value } = await hooks.callHook(1, hook, given);

    const told = JSON.parse(value ?? 'null') as Told;
    expect(told).toMatchObject({ hook: hook.replace('job ', 'jobs.'), count, first, keys: KEYS });
  },
);

test('processEvent, setupPlugin and teardownPlugin get meta last as well, and it is one object for all hooks, which they may add to', async () => {
  const own = createTestHost();
  await own.use(pluginOf(1, TELLS));

  const [event] = eventsOf(await own.runEvents([eventOf()]));
  await own.callHook(1, 'composeWebhook', eventOf());
  await own.use();
  const last = JSON.parse(own.cache.get('1:last') ?? 'null') as Told;
  await own.stop();

  expect(event?.properties).toMatchObject({ count: 2, keys: KEYS, called: 'setupPlugin,processEvent' });
  expect(last).toEqual({
    hook: 'teardownPlugin',
    count: 1,
    first: 'meta',
    keys: KEYS,
    called: 'setupPlugin,processEvent,composeWebhook,teardownPlugin',
  });
});

test('what one hook keeps in the cache or the storage, another finds', async () => {
  const code = `exports.setupPlugin = ({ cache, storage }) => { cache.set('a', 'from setup'); storage.set('b', 1) };
    exports.onEvent = async (event, { cache, utils }) => { await cache.incr('events'); await utils.cursor.increment('b', 4) };
    exports.runEveryHour = async ({ cache, storage }) => [await cache.get('a'), await cache.get('events'), await storage.get('b')];`;
  await host.use(pluginOf(900, code));

  await host.callHook(900, 'onEvent', eventOf());
  const { value } = await host.callHook(900, 'runEveryHour');

  expect(value).toBe('["from setup",1,5]');
});
