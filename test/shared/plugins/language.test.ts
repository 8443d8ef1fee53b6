import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtPlugin } from '../../support/built-plugin.ts';
import { createTestHost, eventOf, eventsOf, type TestHost } from '../../support/plugin-host.ts';

let host: TestHost;
let server: Server;
let address: string;
beforeAll(async () => {
  server = createServer((_, response) => response.end('pong'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  host = createTestHost({ allowPrivateNetworks: true });
});
afterAll(async () => {
  await host.stop();
  server.close();
});

/** What a plugin with these top-level statements answers to `answer`, evaluated while it processes an event. */
async function answerOf(statements: string, answer: string, file = 'index.js') {
  const source = `${statements}
    async function processEvent(event, { config, global: own }) { event.properties.answer = ${answer}; return event }
    module.exports = { processEvent }`;
  const config = { address, name: 'given', inner: { list: [1] } };
  const [loaded] = await host.use(await builtPlugin(1, { [file]: source }, config));
  expect(loaded?.error).toBeUndefined();
  const result = await host.runEvents([eventOf({ properties: {} })]);
  expect(result.errors).toEqual([]);
  return eventsOf(result)[0]?.properties?.['answer'];
}

const FETCHED = 'await (await fetch(config.address)).text()';

describe('a plugin may name at its top level what is provided as a global', () => {
  it.each([
    ['fetch, imported as the default', `import fetch from 'node-fetch'`, FETCHED, 'pong'],
    ['fetch, imported as everything', `import * as fetch from 'node-fetch'`, FETCHED, 'pong'],
    ['fetch, required', `const fetch = require('node-fetch')`, FETCHED, 'pong'],
    ['fetch, beside other imports', `import fetch, { Response } from 'node-fetch'; typeof Response`, FETCHED, 'pong'],
    ['fetch of its own', `async function fetch() { return { text: () => 'mine' } }`, FETCHED, 'mine'],
    [
      'RetryError, imported',
      `import { RetryError } from '@posthog/plugin-scaffold'`,
      `[new RetryError('a').message, RetryError === own.constructor.constructor('return RetryError')()]`,
      ['a', true],
    ],
    ['RetryError, as a variable', `var RetryError = class extends Error {}`, `new RetryError('b').message`, 'b'],
    ['URL, imported', `import { URL } from 'url'`, `new URL('https://a.b/c').host`, 'a.b'],
    ['URL, required', `const { URL } = require('url')`, `new URL('https://a.b/c').host`, 'a.b'],
    ['URL, as a constant', `const URL = 'https://a.b'`, 'URL', 'https://a.b'],
    [
      'URLSearchParams, imported',
      `import { URLSearchParams } from 'url'`,
      `new URLSearchParams({ a: 'b c' }).toString()`,
      'a=b+c',
    ],
    ['crypto, as everything', `import * as crypto from 'crypto'`, 'typeof crypto.createHash', 'function'],
    ['crypto, required', `const crypto = require('crypto')`, 'typeof crypto.createHash', 'function'],
    ['jobs', `const jobs = { send: () => 1 }`, 'Object.keys(jobs)', ['send']],
    ['metrics', `let metrics = { sent: 'sum' }`, 'metrics', { sent: 'sum' }],
    ['plugin', `const plugin = { name: 'mine' }`, 'plugin.name', 'mine'],
    ['posthog and google', `const posthog = 1, google = 2`, '[posthog, google]', [1, 2]],
    ['console', `const console = { log: (text) => text }`, `console.log('x')`, 'x'],
    ['global', `const global = { a: 1 }`, 'global.a', 1],
    ['cache, config and storage', `let cache = 1, storage = 2`, '[cache, storage]', [1, 2]],
    ['a helper of the compiler', `const __defProp = 1, __toESM = 2`, '[__defProp, __toESM]', [1, 2]],
  ] as [string, string, string, unknown][])('%s', async (_, statements, answer, expected) => {
    expect(await answerOf(statements, answer)).toEqual(expected);
  });
});

describe('plugins run in sloppy mode', () => {
  it('an undeclared name may be assigned to', async () => {
    expect(await answerOf('', '(rows = [1], rows.push(2), total = rows.length)')).toBe(2);
  });

  it('an undeclared name may be assigned to within an argument', async () => {
    expect(await answerOf('const double = (value) => value * 2', 'double((key = 4)) + key')).toBe(12);
  });

  it('also in a TypeScript file with imports', async () => {
    expect(
      await answerOf(
        `import { URL } from 'url'; const site: URL = new URL('https://a.b')`,
        '(loose = site.host)',
        'index.ts',
      ),
    ).toBe('a.b');
  });

  it.each([
    ['', 'index.js'],
    [`'use strict'`, 'index.js'],
    [`import 'url'`, 'index.ts'],
  ])(
    'a write to config and a delete from it do not throw and do not last, in a file that begins with "%s"',
    async (start, file) => {
      const attempt = `(config.name = 'changed', config.added = 1, delete config.inner, config.inner.list.length = 0, config)`;

      expect(await answerOf(start, attempt, file)).toEqual({ address, name: 'given', inner: { list: [1] } });
    },
  );

  it('what only sloppy mode allows is allowed', async () => {
    const statements = 'function twice(a, a) { return a } var code = 010; var kept = 1; delete kept';

    expect(await answerOf(statements, '[twice(1, 2), code, typeof kept]')).toEqual([2, 8, 'number']);
  });

  it('`this` of a plain call is the global object', async () => {
    expect(await answerOf('function whose() { return this === globalThis }', 'whose()')).toBe(true);
  });
});

describe('the language', () => {
  it.each([
    ['optional catch', `(() => { try { throw 1 } catch { return 'caught' } })()`, 'caught'],
    ['optional chaining and calls', `[config?.none?.deep, config.none?.(), config['name']?.length]`, [null, null, 5]],
    ['nullish defaults', `[null ?? 1, 0 ?? 2, '' || 3]`, [1, 0, 3]],
    ['logical assignment', `((own.a ??= 1), (own.a &&= 2), own.a)`, 2],
    ['look-behind', `'€5 and $7'.replace(/(?<=\\$)\\d/, 'x')`, '€5 and $x'],
    ['named groups', `'2024-03'.match(/(?<year>\\d+)-/).groups.year`, '2024'],
    ['classes with private parts', `new (class { #a = 1; get a() { return this.#a } })().a`, 1],
    ['generators', `[...(function* () { yield 1; yield* [2, 3] })()]`, [1, 2, 3]],
    [
      'iteration that waits',
      `await (async () => { let sum = 0; for await (const part of [1, Promise.resolve(2)]) sum += part; return sum })()`,
      3,
    ],
    [
      'then, catch and finally',
      `await Promise.reject(new Error('a')).catch(({ message }) => message).then((text) => text + '!').finally(() => 0)`,
      'a!',
    ],
    ['Promise.all', `await Promise.all([1, Promise.resolve(2)])`, [1, 2]],
    ['Promise.allSettled', `(await Promise.allSettled([Promise.reject(1)]))[0].status`, 'rejected'],
    ['big integers', 'String(2n ** 64n)', '18446744073709551616'],
    ['characters of every script', `'naïve 日本 🦔'.normalize()`, 'naïve 日本 🦔'],
    [
      'dates in every language and zone',
      `new Intl.DateTimeFormat('de-DE', { timeZone: 'Asia/Tokyo', month: 'long', day: 'numeric', hour: '2-digit' }).format(new Date('2024-03-05T20:00:00Z'))`,
      '6. März um 05 Uhr',
    ],
    [
      'local time in a zone',
      `new Date('2024-03-05T23:30:00Z').toLocaleDateString('en-GB', { timeZone: 'Europe/Helsinki' })`,
      '06/03/2024',
    ],
    ['numbers in every language', `(1234567.891).toLocaleString('de-DE')`, '1.234.567,891'],
    [
      'questions about where it runs',
      `[typeof process, typeof document, typeof window, typeof self, typeof require('url'), Function('return this')() === globalThis]`,
      ['undefined', 'undefined', 'undefined', 'undefined', 'object', true],
    ],
  ])('%s', async (_, answer, expected) => {
    expect(await answerOf('', `JSON.parse(JSON.stringify(${answer}))`)).toEqual(expected);
  });

  it('lets a string be thrown', async () => {
    const source = `export function processEvent() { throw 'no \\'reason\\'' }`;
    await host.use(await builtPlugin(1, { 'index.js': source }));

    const { errors } = await host.runEvents([eventOf()]);

    expect(errors).toMatchObject([{ plugin: 1, last: { name: 'Error', message: "no 'reason'" } }]);
  });

  it('keeps what a plugin puts into `global`, of any kind', async () => {
    const source = `export function setupPlugin({ global }) { global.seen = new Set(); global.byName = new Map([['a', () => 1]]) }
      export function processEvent(event, { global }) { global.seen.add(event.event); event.properties.answer = [global.seen.size, global.byName.get('a')()]; return event }`;
    await host.use(await builtPlugin(1, { 'index.js': source }));

    const events = eventsOf(await host.runEvents([eventOf({ event: 'a' }), eventOf({ event: 'b' })]));

    expect(events.map(({ properties }) => properties?.['answer'])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });
});
