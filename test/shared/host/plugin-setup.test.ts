import { afterEach, describe, expect, it } from 'vitest';
import { createTestHost, eventOf, eventsOf, pluginOf, type TestHost } from '../../support/plugin-host.ts';

let host: TestHost;
afterEach(() => host.stop());

describe('a plugin', () => {
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
