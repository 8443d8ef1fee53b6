import { afterAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

const typesOf = (names: string) =>
  `return { ${names
    .split(' ')
    .map((name) => `'${name}': typeof ${name}`)
    .join(', ')} }`;

test.each([
  [
    'what PostHog provided is there',
    'fetch RetryError URL Buffer require console posthog google module exports global globalThis',
    'function function function function function object object object object object object object',
  ],
  [
    'ECMAScript’s own is there, code from text included',
    'Intl WebAssembly Atomics JSON Math Reflect Proxy Promise WeakRef SharedArrayBuffer BigInt eval Function Symbol Temporal',
    'object object object object object object function function function function function function function function undefined',
  ],
  [
    'timers are not there',
    'setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask',
    Array(7).fill('undefined').join(' '),
  ],
  [
    'Node’s and the web’s own are not there',
    'process performance crypto structuredClone URLSearchParams TextEncoder TextDecoder atob btoa AbortController AbortSignal Response Headers Request FormData Blob Event WebSocket navigator localStorage __filename __dirname window self document',
    Array(25).fill('undefined').join(' '),
  ],
  [
    'what PostHog’s server kept for itself is not there',
    '__asyncGuard __pluginHostMeta __pluginHostImports VMError',
    Array(4).fill('undefined').join(' '),
  ],
])('of the globals, %s', async (_, names, types) => {
  const { result } = await run(typesOf(names));

  const expected = types.split(' ');
  expect(result).toEqual(Object.fromEntries(names.split(' ').map((name, index) => [name, expected[index]])));
});

test('the scaffold has RetryError and MetricsOperation at run time', async () => {
  const { result } = await run(
    `const scaffold = require('@posthog/plugin-scaffold'); return [Object.keys(scaffold).sort(), scaffold.MetricsOperation]`,
  );

  expect(result).toEqual([['MetricsOperation', 'RetryError'], { Sum: 'sum', Max: 'max', Min: 'min' }]);
});

test('require takes a name that is made while the plugin runs', async () => {
  const { result } = await run(`const name = ['cry', 'pto'].join(''); return typeof require(name).createHash`);

  expect(result).toBe('function');
});

test.each([
  ['posthog', 'capture'],
  ['posthog.api', 'get'],
  ['console', 'log'],
  ['google', 'cloud'],
])('a write to %s neither lasts nor throws', async (owner, key) => {
  const { result } = await run(
    `'use strict'; const before = ${owner}.${key}; ${owner}.${key} = 1; delete ${owner}.${key}; ${owner}.mine = 1; return [${owner}.${key} === before, typeof ${owner}.mine]`,
  );

  expect(result).toEqual([true, 'undefined']);
});

test('what a plugin puts into its global scope stays its own, and for all its hooks', async () => {
  await run(`globalThis.counter = 1; return counter`);

  const { result } = await run(`return typeof globalThis.counter`);
  const { result: kept } = await run(`return counter`, {
    before: `var counter = 0; exports.setupPlugin = () => { counter += 5 };`,
  });

  expect([result, kept]).toEqual(['undefined', 5]);
});
