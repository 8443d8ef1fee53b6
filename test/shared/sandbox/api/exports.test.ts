import { afterAll, expect, test } from 'vitest';
import { builtPlugin } from '../../../support/built-plugin.ts';
import { createTestHost, eventOf, eventsOf, pluginOf } from '../../../support/plugin-host.ts';

const host = createTestHost();
afterAll(() => host.stop());

const says = (word: string) => `(event) => { event.properties.said = '${word}'; return event; }`;

/** Loads one plugin, runs an event through it, and gives how it loaded and what came out. */
async function run(code: string, properties: Record<string, unknown> = {}) {
  const [loaded] = await host.use(pluginOf(1, code));
  const batch = await host.runEvents([eventOf({ properties })]);
  return { loaded, batch, properties: eventsOf(batch)[0]?.properties };
}

test.each([
  [
    '`exports` before `exports.default` and `module.exports`',
    `exports.processEvent = ${says('exports')}; exports.default = { processEvent: ${says('default')} }; module.exports = { processEvent: ${says('module')} };`,
    'exports',
  ],
  [
    '`exports.default` before `module.exports`',
    `exports.default = { processEvent: ${says('default')} }; module.exports = { processEvent: ${says('module')} };`,
    'default',
  ],
  ['a top-level `var` as well as a function, when nothing is exported', `var processEvent = ${says('var')};`, 'var'],
  [
    'a method of an exported instance, without its `this`',
    `exports.default = new (class { word = 'lost'; processEvent(event) { event.properties.said = typeof this; return event; } })();`,
    'undefined',
  ],
  [
    '`processEvent` before `processEventBatch`',
    `exports.processEvent = ${says('one')}; exports.processEventBatch = () => [];`,
    'one',
  ],
  [
    'the first event that `processEventBatch` returns; the others are dropped',
    `exports.processEventBatch = ([event]) => [{ ...event, properties: { said: 'first' } }, { ...event, properties: { said: 'second' } }];`,
    'first',
  ],
])('of several exports counts %s', async (_, code, said) => {
  const { properties, batch } = await run(code);

  expect(properties).toMatchObject({ said });
  expect(batch.accounts).toMatchObject([{ events: 1, ingested: 1 }]);
});

test.each(['null', '[null]', '[undefined]', 'undefined'])(
  'an event is dropped when processEventBatch returns %s',
  async (returned) => {
    const { batch } = await run(`exports.processEventBatch = async () => ${returned};`);

    expect(batch.accounts).toMatchObject([{ ingested: 0, dropped: { 1: 1 } }]);
  },
);

test('a hook that is no function counts as there, and fails when it is called', async () => {
  const { loaded, batch, properties } = await run(`exports.processEvent = 5;`);

  expect(loaded?.capabilities?.methods).toEqual(['processEvent']);
  expect(batch.errors).toMatchObject([{ plugin: 1, last: { name: 'TypeError' } }]);
  expect(properties).toMatchObject({ $plugins_failed: ['Plugin 1 (1)'] });
});

test.each([
  [
    'processEventBatch is told as processEvent',
    `exports.processEventBatch = (events) => events;`,
    { methods: ['processEvent'] },
  ],
  [
    'hooks that PostHog never called, or that came after the API had changed, are not among them',
    `for (const name of ['onAction', 'filterEvent', 'modifyEvent', 'onEventWithPostHogEvent']) exports[name] = () => {}; exports.onEvent = () => {};`,
    { methods: ['onEvent'] },
  ],
  [
    'every function whose name begins with runEvery is a scheduled task, whatever else is not',
    `exports.runEveryMinute = () => {}; exports.runEveryWeek = async () => {}; exports.runEveryFoo = 5; module.exports = { runEveryHour() {}, runNever() {} };`,
    { scheduledTasks: ['runEveryMinute', 'runEveryWeek', 'runEveryHour'] },
  ],
  [
    'jobs of all exports are put together',
    `exports.jobs = { a() {} }; exports.default = { jobs: { b() {} } }; module.exports = { jobs: { 'c d': () => {} } };`,
    { jobs: expect.arrayContaining(['a', 'b', 'c d']) as string[] },
  ],
  [
    'jobs without functions are left out when `jobs` is no object',
    `exports.jobs = 5; exports.onEvent = () => {};`,
    { jobs: [] },
  ],
])('of what a plugin can do, %s', async (_, code, expected) => {
  const { loaded } = await run(code);

  expect(loaded?.error).toBeUndefined();
  expect(loaded?.capabilities).toMatchObject(expected);
});

test('a job that is exported in two places is the one of `exports`', async () => {
  await run(`exports.jobs = { a: () => 'exports' }; module.exports = { jobs: { a: () => 'module', b: () => 'b' } };`);

  expect((await host.callHook(1, 'job a')).value).toBe('"exports"');
  expect((await host.callHook(1, 'job b')).value).toBe('"b"');
});

test('what setupPlugin returns, a text about an error included, does not keep the plugin from running', async () => {
  const { loaded, properties } = await run(
    `exports.setupPlugin = async () => 'Error: no key'; exports.processEvent = ${says('running')};`,
  );

  expect(loaded?.error).toBeUndefined();
  expect(properties).toMatchObject({ said: 'running' });
});

test('markers that a client or a plugin wrote are overwritten', async () => {
  const { properties } = await run(
    `exports.processEvent = (event) => { event.properties.$plugins_deferred = ['mine']; return event; };`,
    { $plugins_succeeded: ['client'], $plugins_failed: 'client' },
  );

  expect(properties).toEqual({ $plugins_succeeded: ['Plugin 1 (1)'], $plugins_failed: [], $plugins_deferred: [] });
});

test('a plugin that is taken away is torn down, and none is kept by one that fails to be', async () => {
  const code = `exports.teardownPlugin = async ({ cache, config }) => { if (config.fail) throw new Error('still busy'); await cache.set('torn down', 1); };`;
  await host.use(pluginOf(2, code, { fail: true }), pluginOf(3, code));

  await host.use();
  const { error } = await host.callHook(2, 'teardownPlugin');

  expect(host.cache.get('3:torn down')).toBe('1');
  expect(error?.message).toBe('The plugin config 2 is not loaded');
});

test.each([
  ['JSX', `export const view = () => <div>Hello</div>`],
  ['await at the top level', `await fetch('https://example.com')`],
])('%s is an error when the plugin is built', async (_, source) => {
  await expect(builtPlugin(1, { 'index.ts': source })).rejects.toThrow(
    "The plugin's code cannot be built:\nindex.ts:1:",
  );
});

test('an export from a provided module is the module’s', async () => {
  const [loaded] = await host.use(
    await builtPlugin(4, { 'index.ts': `export { createHash as getSettings } from 'crypto'; export * from 'url'` }),
  );

  expect(loaded).toMatchObject({ id: 4, capabilities: { methods: ['getSettings'] } });
});
