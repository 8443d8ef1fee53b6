import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtPlugin } from '../../../support/built-plugin.ts';
import { createTestHost, eventOf, pluginOf } from '../../../support/plugin-host.ts';

const host = createTestHost();
afterAll(() => host.stop());

/** What is thrown, by the argument's `event`. */
const THROWN = `
  import { RetryError as Imported } from '@posthog/plugin-scaffold';
  const Required = require('@posthog/plugin-scaffold').RetryError;
  class Derived extends Imported { constructor(message) { super(message); this.name = 'Derived'; } }
  class Twice extends Derived {}
  class Copy extends Error { name = 'RetryError' }
  const errors = {
    global: () => new RetryError('later'), imported: () => new Imported('later'), required: () => new Required('later'),
    derived: () => new Derived('later'), twice: () => new Twice('later'), copy: () => new Copy('later'), wrapped: () => new RetryError(new Error('later')),
    plain: () => new Error('later'), text: () => 'later', nothing: () => undefined,
    'with a cause': () => new Error('later', { cause: new RetryError('later') }), 'by its message': () => new Error('RetryError: later'),
  };`;

beforeAll(async () => {
  const source = `${THROWN}
    const fail = (event) => { throw errors[(Array.isArray(event) ? event[0] : event).event]() };
    export const exportEvents = async (events) => fail(events), onEvent = fail, onSnapshot = async (event) => fail(event), composeWebhook = fail;
    export const jobs = { send: async (event) => fail(event) };
    export const runEveryMinute = () => fail({ event: 'global' });`;
  await host.use(await builtPlugin(1, { 'index.js': source }));
});

const ASKS = ['global', 'imported', 'required', 'derived', 'twice', 'copy', 'wrapped'];
const DOES_NOT = ['plain', 'text', 'nothing', 'with a cause', 'by its message'];

test.each([...ASKS.map((kind) => [kind, true] as const), ...DOES_NOT.map((kind) => [kind, false] as const)])(
  'exportEvents that throws a RetryError %s asks to be called again: %s',
  async (kind, retry) => {
    const { error } = await host.callHook(1, 'exportEvents', [eventOf({ event: kind })]);

    expect(error).toMatchObject({ hook: 'exportEvents', retry });
  },
);

test.each(['onEvent', 'onSnapshot', 'composeWebhook', 'job send'])(
  '%s says of a RetryError, and of no other error, that it wants to be called again',
  async (hook) => {
    const { error } = await host.callHook(1, hook, eventOf({ event: 'derived' }));
    const { error: other } = await host.callHook(1, hook, eventOf({ event: 'plain' }));

    expect(error).toMatchObject({ hook, name: 'Derived', message: 'later', retry: true });
    expect(other).toMatchObject({ hook, name: 'Error', message: 'later', retry: false });
  },
);

test('a scheduled task says so, too', async () => {
  const { error } = await host.callHook(1, 'runEveryMinute');

  expect(error).toMatchObject({ hook: 'runEveryMinute', name: 'RetryError', retry: true });
});

test.each(ASKS)('setupPlugin that throws a RetryError %s is to be tried again', async (kind) => {
  const [loaded] = await host.use(
    await builtPlugin(2, { 'index.js': `${THROWN} export function setupPlugin() { throw errors.${kind}() }` }),
  );

  expect(loaded?.error).toMatchObject({
    hook: 'setupPlugin',
    message: expect.stringContaining('later') as string,
    retry: true,
  });
});

test.each(DOES_NOT)('setupPlugin that throws %s is not', async (kind) => {
  const [loaded] = await host.use(
    await builtPlugin(2, { 'index.js': `${THROWN} export function setupPlugin() { throw errors['${kind}']() }` }),
  );

  expect(loaded?.error).toMatchObject({ hook: 'setupPlugin', retry: false });
});

test.each([
  ['waits for ever', 'new Promise(() => {})', ['exportEvents', 'onEvent', 'runEveryHour', 'job send']],
  ['loops for ever', '(() => { for (;;) {} })()', ['exportEvents', 'job send']],
])('of hooks that take too long, only exportEvents asks to be called again, when it %s', async (_, body, hooks) => {
  const take = hooks.map((hook, index) => ({ hook, plugin: 10 + index, argument: '[]' }));
  const code = `for (const name of ['exportEvents', 'onEvent', 'runEveryHour']) exports[name] = () => ${body}; exports.jobs = { send: exports.onEvent };`;
  await host.use(...take.map(({ plugin }) => pluginOf(plugin, code)));

  const { results } = await host.invoke(take, performance.now() + 60_000);

  expect(results.map(({ error }) => [error?.name, error?.retry])).toEqual(
    hooks.map((hook) => ['TimeoutError', hook === 'exportEvents']),
  );
});
