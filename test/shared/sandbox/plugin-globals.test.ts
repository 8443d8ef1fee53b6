import { afterAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../support/plugin-calls.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

test.each([
  ['RetryError takes a message', `throw new RetryError('later')`, 'RetryError: later'],
  ['RetryError takes an error', `throw new RetryError(new TypeError('down'))`, 'RetryError: TypeError: down'],
  ['RetryError keeps the error it was given', `return new RetryError(new Error('down')).cause.message`, 'down'],
  ['RetryError takes nothing', `return new RetryError().message`, ''],
  [
    'RetryError is the same, global and imported',
    `return require('@posthog/plugin-scaffold').RetryError === RetryError`,
    true,
  ],
  [
    'google has the packages that can be imported, loaded when they are touched',
    `return [google.cloud.bigquery === require('@google-cloud/bigquery'), typeof google.cloud.pubsub.PubSub]`,
    [true, 'function'],
  ],
  ['google has pubsub, too', `return 'pubsub' in google.cloud`, true],
  [
    'posthog cannot be replaced in part',
    `posthog.capture = 1; posthog.api.get = 1; return [typeof posthog.capture, typeof posthog.api.get]`,
    ['function', 'function'],
  ],
  ['console cannot be replaced in part', `'use strict'; console.log = 1; return typeof console.log`, 'function'],
  ['meta can be added to', `meta.mine = 1; return meta.mine`, 1],
  [
    'what is given has the realm’s own constructors',
    `return [cache.get, posthog.capture, jobs.x, jobs.x(), storage, console].every((one) => one.constructor === Function || one.constructor === Object)`,
    true,
  ],
])('%s', async (_, body, expected) => {
  const { result } = await run(body);

  expect(result).toEqual(expected);
});

test('a prototype that is reached through meta is the plugin’s own', async () => {
  await run(`cache.__proto__.leaked = 1; posthog.api.__proto__.leaked = 1; cache.get('x').__proto__.leaked = 1`);

  const { result } = await run(
    `return [cache.leaked, posthog.leaked, ({}).leaked, Promise.resolve().leaked].map((one) => typeof one)`,
  );

  expect(result).toEqual(['undefined', 'undefined', 'undefined', 'undefined']);
});
