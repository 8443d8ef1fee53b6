import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROVIDED_MODULES } from '../../../shared/libraries/provided-modules.ts';
import { builtPlugin } from '../../support/built-plugin.ts';
import { createTestHost, eventOf, eventsOf, type TestHost } from '../../support/plugin-host.ts';

let host: TestHost;
beforeAll(() => {
  host = createTestHost({ heapMegabytes: 200, hookTimeoutSeconds: 5 });
});
afterAll(() => host.stop());

/** The properties of an event after it went through a plugin that is built from these files. */
async function propertiesAfter(files: Record<string, string>) {
  const [loaded] = await host.use(await builtPlugin(1, files));
  expect(loaded?.error).toBeUndefined();
  const result = await host.runEvents([eventOf({ properties: {} })]);
  expect(result.errors).toEqual([]);
  return eventsOf(result)[0]?.properties;
}

/** How a plugin that is built from this source fails to load. */
async function loadErrorOf(source: string) {
  const [loaded] = await host.use(await builtPlugin(1, { 'index.ts': source }));
  return loaded?.error;
}

const BODY = '(event) { event.properties.ok = true; return event }';

describe('an import', () => {
  it.each([
    ['of everything under one name', `import * as crypto from 'crypto'`],
    ['of the default', `import crypto from 'crypto'`],
    ['of the default by its name', `import { default as crypto } from 'crypto'`],
    ['by require', `const crypto = require('crypto')`],
    ['of TypeScript’s own kind', `import crypto = require('crypto')`],
    ['of both the default and everything', `import other, * as crypto from 'crypto'; other.createHash('md5')`],
  ])('%s gives the whole module', async (_, statement) => {
    const source = `${statement}
      export function processEvent(event) { event.properties.ok = crypto.createHash('md5').update('a').digest('hex'); return event }`;

    expect(await propertiesAfter({ 'index.ts': source })).toMatchObject({ ok: '0cc175b9c0f1b6a831c399e269772661' });
  });

  it.each(Object.keys(PROVIDED_MODULES))(
    'of %s gives the same whole module by default, as a namespace and by require',
    async (name) => {
      const source = `import whole from '${name}'; import * as all from '${name}'; import { default as named } from '${name}'; const required = require('${name}');
      export function processEvent(event) { event.properties.ok = [whole, all, named].every((one) => one === required) && Object.keys(required).length + typeof required; return event }`;

      expect((await propertiesAfter({ 'index.ts': source }))?.['ok']).toMatch(
        name === 'node-fetch' ? /^0function$/ : /^[1-9]\d*(object|function)$/,
      );
    },
  );

  it('of parts of a library gives those', async () => {
    const source = `import { S3, config } from 'aws-sdk'; import { sign, verify } from 'jsonwebtoken'; import { Storage } from '@google-cloud/storage'; import { RetryError } from '@posthog/plugin-scaffold'; import { createBuffer } from '@posthog/plugin-contrib';
      export function processEvent(event) { event.properties.ok = [S3, config.update, sign, verify, Storage, RetryError, createBuffer].map((one) => typeof one).join(); return event }`;

    expect(await propertiesAfter({ 'index.ts': source })).toMatchObject({ ok: Array(7).fill('function').join() });
  });

  it('while running gives the whole module as `default`, and its parts', async () => {
    const source = `export async function processEvent(event) {
      const zlib = await import('zlib'); event.properties.ok = typeof zlib.gzipSync + typeof zlib.default.gzipSync; return event }`;

    expect(await propertiesAfter({ 'index.ts': source })).toMatchObject({ ok: 'functionfunction' });
  });

  it('of a name that the module does not have is undefined', async () => {
    const source = `import { nothing } from 'url'; export function processEvent(event) { event.properties.ok = typeof nothing; return event }`;

    expect(await propertiesAfter({ 'index.ts': source })).toMatchObject({ ok: 'undefined' });
  });

  it('for its effects alone is fine when the module is provided', async () => {
    expect(await propertiesAfter({ 'index.ts': `import 'url'; export function processEvent${BODY}` })).toMatchObject({
      ok: true,
    });
  });

  it('in the text of a string is no import', async () => {
    const source =
      'const text = "import a from \'a\'"; export function processEvent(event) { event.properties.ok = text; return event }';

    expect(await propertiesAfter({ 'index.ts': source })).toMatchObject({ ok: "import a from 'a'" });
  });

  it.each([
    ['left-pad', `import pad from 'left-pad'; export const setupPlugin = () => pad()`],
    ['left-pad', `import 'left-pad'; export const setupPlugin = () => {}`],
    ['left-pad', `import * as pad from 'left-pad'; export const setupPlugin = () => pad`],
    ['left-pad', `export * from 'left-pad'`],
    ['./lib/send', `import { send } from './lib/send'; export const setupPlugin = () => send()`],
    ['../send', `const send = require('../send'); exports.setupPlugin = () => send()`],
    ['./side', `import './side'; export const setupPlugin = () => {}`],
    ['fs', `import { readFileSync } from 'fs'; export const setupPlugin = () => readFileSync('/etc/passwd')`],
    ['node:fs', `const fs = require('node:fs'); exports.setupPlugin = () => fs`],
    ['undefined', `require(undefined)`],
    ['constructor', `require('constructor')`],
  ])('of %s, which is not provided, is a load error that says what is: %s', async (name, source) => {
    const error = await loadErrorOf(source);

    expect(error).toMatchObject({ hook: 'load', name: 'Error', retry: false });
    expect(error?.message).toContain(`Cannot import '${name}'! This package is not provided by PostHog in plugins.`);
    expect(error?.message).toContain(`Provided are: ${Object.keys(PROVIDED_MODULES).sort().join(', ')}.`);
  });
});
