import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { createTestHost, eventOf, eventsOf, pluginOf } from '../../../support/plugin-host.ts';

/** A host whose calls may take one second, and whose cache takes 0.45 s for each read. */
const host = createTestHost({}, (memory) => ({
  ...memory,
  cache: {
    ...memory.cache,
    async readMany(keys) {
      await sleep(450);
      return memory.cache.readMany(keys);
    },
  },
}));
afterAll(() => host.stop());

const FOUR_WAITS = `let waited = 0; const wait = async ({ cache }) => { for (let i = 0; i < 4; i++) { await cache.get('key ' + waited++); } };`;
const MESSAGE = 'Script execution timed out after promise waited for 1 second';

test('four waits of 0.45 s each are too long together for every hook, jobs and scheduled tasks included', async () => {
  const code = `${FOUR_WAITS}
    for (const name of ['onEvent', 'exportEvents', 'runEveryMinute', 'getSettings']) exports[name] = (...given) => wait(given.at(-1));
    exports.jobs = { send: (payload, meta) => wait(meta) };`;
  const hooks = ['onEvent', 'exportEvents', 'runEveryMinute', 'getSettings', 'job send'];
  await host.use(...hooks.map((_, index) => pluginOf(10 + index, code)));

  const { results } = await host.invoke(
    hooks.map((hook, index) => ({
      hook,
      plugin: 10 + index,
      ...(hook.startsWith('run') ? {} : { argument: '{"a":1}' }),
    })),
    performance.now() + 60_000,
  );

  expect(results.map(({ error }) => [error?.name, error?.message])).toEqual(hooks.map(() => ['TimeoutError', MESSAGE]));
});

test('nor may processEvent and setupPlugin wait for longer, in however many parts', async () => {
  const [loaded] = await host.use(
    pluginOf(20, `${FOUR_WAITS} exports.setupPlugin = wait;`),
    pluginOf(21, `${FOUR_WAITS} exports.processEvent = async (event, meta) => { await wait(meta); return null; };`),
  );
  const batch = await host.runEvents([eventOf()]);

  expect(loaded?.error).toMatchObject({ hook: 'setupPlugin', name: 'TimeoutError', message: MESSAGE });
  expect(batch.errors).toMatchObject([{ plugin: 21, last: { name: 'TimeoutError', message: MESSAGE } }]);
  expect(eventsOf(batch)[0]?.properties).toMatchObject({ $plugins_failed: ['Plugin 21 (21)'] });
});

test('synchronous work is cut wherever it is: in `for … of`, in methods of arrays, in a regular expression that backtracks', async () => {
  const works = [
    `for (const _ of (function* () { for (;;) yield 1 })());`,
    `[1].forEach(() => { for (let i = 0; i < 1e12; i++); })`,
    `/^(a+)+$/.test('a'.repeat(50) + 'b')`,
  ];
  await host.use(
    ...works.map((work, index) =>
      pluginOf(30 + index, `exports.processEvent = (event) => { ${work}; return event; };`),
    ),
  );

  const batch = await host.runEvents([eventOf()]);

  expect(eventsOf(batch)[0]?.properties).toMatchObject({
    $plugins_failed: ['Plugin 30 (30)', 'Plugin 31 (31)', 'Plugin 32 (32)'],
  });
  expect(batch.errors.map(({ last }) => [last.name, last.message])).toEqual(
    works.map(() => ['TimeoutError', 'Script execution timed out after looping for 1 second']),
  );
});
