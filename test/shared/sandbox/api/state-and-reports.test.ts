import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../../support/plugin-calls.ts';
import { createTestHost, eventOf, pluginOf } from '../../../support/plugin-host.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

test.each([
  ['incr of a list', `await cache.lpush('k', 'a'); return cache.incr('k')`, 'WRONGTYPE'],
  ['llen of a value', `await cache.set('k', 1); return cache.llen('k')`, 'WRONGTYPE'],
  ['lrange of a value', `await cache.set('k', 1); return cache.lrange('k', 0, 1)`, 'WRONGTYPE'],
  [
    'expire for a time that is no number',
    `await cache.set('k', 1); return cache.expire('k', 'soon')`,
    'ERR value is not',
  ],
  ['incr of a fraction', `await cache.set('k', 1.5); return cache.incr('k')`, 'ERR value is not an integer'],
])('meta.cache refuses %s in Redis’ words', async (_, body, message) => {
  const { result } = await run(body);

  expect(result).toContain(`ReplyError: ${message}`);
});

test('meta.cache keeps null, and does not take it for a miss', async () => {
  const { result } = await run(
    `await cache.set('k', null); return [await cache.get('k', 5), await cache.expire('k', '60')]`,
  );

  expect(result).toEqual([null, true]);
});

test.each([
  ['set', `cache.set('k', 1)`],
  ['set of storage', `storage.set('k', 1)`],
  ['del', `storage.del('k')`],
  ['utils.cursor.init', `utils.cursor.init('k')`],
  ['runNow', `jobs.x().runNow()`],
  ['runIn', `jobs.x().runIn(1, 'day')`],
  ['runAt', `jobs.x().runAt(new Date())`],
  ['capture', `posthog.capture('e')`],
])('%s resolves to nothing', async (_, call) => {
  const { result } = await run(`return [${call} instanceof Promise, typeof (await ${call})]`);

  expect(result).toEqual([true, 'undefined']);
});

test('a read of the cache that failed is asked for again, when the plugin tries again', async () => {
  let isAway = true;
  const flaky = createPluginCalls({}, (memory) => ({
    ...memory,
    cache: {
      ...memory.cache,
      async readMany(keys) {
        if (!isAway) return memory.cache.readMany(keys);
        isAway = false;
        throw new Error('The table is away');
      },
    },
  }));

  const { result } = await flaky.run(
    `const first = await cache.get('k', 'none').catch((error) => error.message); return [first, await cache.get('k', 'none')]`,
  );

  await flaky.host.stop();
  expect(result).toEqual(['The table is away', 'none']);
});

test('the metrics that come with exportEvents can be updated like any other', async () => {
  const { batch } = await run(`metrics.events_seen.increment(2); metrics.undelivered_events.increment(1)`, {
    before: `exports.exportEvents = () => {};`,
  });

  expect(batch.metrics).toMatchObject([
    { name: 'events_seen', operation: 'sum', value: 2 },
    { name: 'undelivered_events', operation: 'sum', value: 1 },
  ]);
});

test('a metric of a plugin’s own takes the place of one that comes with exportEvents', async () => {
  const { result } = await run(`return typeof metrics.events_seen.max`, {
    before: `exports.exportEvents = () => {}; exports.metrics = { events_seen: 'max' };`,
  });

  expect(result).toBe('function');
});

test('a line of the log is cut after 10,000 characters', async () => {
  const { batch } = await run(`console.log('x'.repeat(20_000))`);

  expect(batch.logs.map(({ message }) => message.length)).toEqual([10_000]);
});

const tasks = createTestHost();
beforeAll(async () => {
  const code = `
    exports.metrics = { runs: 'sum' };
    const leave = async (hook, meta) => {
      console.info('in', hook); meta.metrics.runs.increment(1);
      posthog.capture('ran', { hook }); meta.jobs['call again'](hook).runIn(1, 'hour'); meta.storage.set('last', hook);
    };
    for (const name of ['onEvent', 'exportEvents', 'runEveryMinute', 'runEveryHour', 'runEveryDay']) exports[name] = (...given) => void leave(name, given.at(-1));
    exports.jobs = { 'call again': (payload, meta) => void leave('job', meta) };`;
  await tasks.use(pluginOf(1, code));
});
afterAll(() => tasks.stop());

test.each([
  ['onEvent', {}],
  ['exportEvents', []],
  ['runEveryMinute', undefined],
  ['runEveryHour', undefined],
  ['runEveryDay', undefined],
  ['job call again', 'x'],
])('%s may log, count, capture, enqueue and store without awaiting any of it', async (hook, argument) => {
  const { captured, enqueued, stored } = tasks.memory;
  const { all, error } = await tasks.callHook(1, hook, argument);

  const told = hook.replace(/^job .*/, 'job');
  expect(error).toBeUndefined();
  expect(all.logs).toMatchObject([{ plugin: 1, level: 'INFO', message: `in ${told}` }]);
  expect(all.metrics).toEqual([{ plugin: 1, name: 'runs', operation: 'sum', value: 1 }]);
  expect(JSON.parse(captured.at(-1)?.event ?? '{}')).toMatchObject({ event: 'ran', properties: { hook: told } });
  expect(enqueued.at(-1)).toMatchObject({ plugin: 1, name: 'call again', payload: JSON.stringify(told) });
  expect(stored.get('1:last')).toBe(JSON.stringify(told));
});

test('setupPlugin and teardownPlugin may leave as much behind', async () => {
  const code = `
    const leave = (word, { cache, storage, jobs }) => { posthog.capture(word); jobs.later(word).runNow(); storage.set(word, 1); cache.incr(word); };
    exports.setupPlugin = (meta) => leave('up', meta);
    exports.teardownPlugin = (meta) => leave('down', meta);`;
  const { captured, enqueued, stored, texts } = host.memory;
  const [capturedBefore, enqueuedBefore] = [captured.length, enqueued.length];

  await host.use(pluginOf(503, code));
  await host.use();

  expect(captured.slice(capturedBefore).map(({ event }) => (JSON.parse(event) as { event: string }).event)).toEqual([
    'up',
    'down',
  ]);
  expect(enqueued.slice(enqueuedBefore).map(({ payload }) => payload)).toEqual(['"up"', '"down"']);
  for (const key of ['503:up', '503:down']) expect([stored.get(key), texts.get(key)]).toEqual(['1', '1']);
});

test('what onEvent does to its event, or returns, reaches no other plugin', async () => {
  await host.use(
    pluginOf(500, `exports.onEvent = (event) => { event.event = 'changed'; delete event.properties; return null; };`),
    pluginOf(501, `exports.onEvent = (event) => [event.event, Object.keys(event.properties)];`),
  );
  const argument = JSON.stringify(eventOf({ properties: { a: 1 } }));

  const { results } = await host.invoke(
    [500, 501].map((plugin) => ({ plugin, hook: 'onEvent', argument })),
    performance.now() + 60_000,
  );

  expect(results).toEqual([{ value: 'null' }, { value: '["$pageview",["a"]]' }]);
});

test('a job may enqueue itself, and gives up on its own count', async () => {
  const code = `exports.jobs = { retry: async ({ left }, { jobs }) => { if (left > 0) await jobs.retry({ left: left - 1 }).runIn(30, 'seconds'); return left; } };`;
  await host.use(pluginOf(502, code));
  const from = host.memory.enqueued.length;

  for (let payload: string | undefined = '{"left":2}'; payload !== undefined; ) {
    const before = host.memory.enqueued.length;
    await host.callHook(502, 'job retry', JSON.parse(payload));
    payload = host.memory.enqueued[before]?.payload;
  }

  expect(host.memory.enqueued.slice(from).map(({ payload }) => payload)).toEqual(['{"left":1}', '{"left":0}']);
});
