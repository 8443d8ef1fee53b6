import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtPlugin } from '../../support/built-plugin.ts';
import { createTestHost, eventOf, eventsOf, type TestHost } from '../../support/plugin-host.ts';

let host: TestHost;
beforeAll(() => {
  host = createTestHost();
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

const BODY = '(event) { event.properties.ok = true; return event }';

async function esbuildBundle(format: 'cjs' | 'esm' | 'iife', contents: string, minify = false): Promise<string> {
  const helper = `export const mark = (event) => { event.properties.ok = true; return event }; export const unused = 1`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '/' },
    bundle: true,
    write: false,
    format,
    minify,
    plugins: [
      {
        name: 'one helper file',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\/mark$/ }, () => ({ path: 'mark', namespace: 'memory' }));
          onLoad({ filter: /.*/, namespace: 'memory' }, () => ({ contents: helper }));
        },
      },
    ],
  });
  return outputFiles[0]?.text as string;
}

const USES_HELPER = `import { mark } from './mark'; export async function processEvent(event) { return mark(event) }`;

describe('the hooks of a plugin are found', () => {
  it.each([
    ['in an exported function', `export function processEvent${BODY}`],
    [
      'in an exported constant',
      `export const processEvent = async (event) => { event.properties.ok = true; return event }`,
    ],
    ['in a list of exports at the end', `function a() {} function processEvent${BODY}; export { a, processEvent }`],
    ['in an export by another name', `function mine${BODY}; export { mine as processEvent }`],
    ['in a default export', `export default { processEvent${BODY} }`],
    ['in a default export of an instance', `class Mine { processEvent${BODY} }; export default new Mine()`],
    ['in module.exports', `module.exports = { processEvent${BODY} }`],
    ['in module.exports given by name', `const plugin = { processEvent${BODY} }; module.exports = plugin`],
    ['in a property of module.exports', `module.exports.processEvent = function ${BODY}`],
    ['in a property of exports', `exports.processEvent = function ${BODY}`],
    ['in exports made anew', `exports = { processEvent${BODY} }`],
    ['in TypeScript’s own way to export', `export = { processEvent${BODY} }`],
    ['in top-level functions when nothing is exported', `async function processEvent${BODY}`],
    ['in top-level variables when nothing is exported', `var processEvent = function ${BODY}`],
    [
      'in top-level functions when there are imports but no exports',
      `import crypto from 'crypto'; function processEvent${BODY}; const hash = crypto.createHash('md5')`,
    ],
    [
      'in module.exports when there are imports',
      `import { createHash } from 'crypto'; const f = createHash; module.exports = { processEvent${BODY}, f }`,
    ],
    [
      'in module.exports when other things are exported the new way',
      `export const version = 1; module.exports = { processEvent${BODY} }`,
    ],
    [
      'in exports of the new way when module.exports has other things',
      `export function processEvent${BODY}; module.exports = { version: 1 }`,
    ],
    [
      'beside exports that are no hooks',
      `export const schedule = '5m'; export class Client {}; export const webHooks = null; export enum Kind { A }; export function processEvent${BODY}`,
    ],
  ])('%s', async (_, source) => {
    expect(await propertiesAfter({ 'index.ts': source })).toMatchObject({ ok: true });
  });

  it.each([
    ['of a CommonJS bundle made by esbuild', 'cjs', false],
    ['of a minified CommonJS bundle made by esbuild', 'cjs', true],
    ['of an ES module bundle made by esbuild', 'esm', false],
  ] as const)('in the exports %s', async (_, format, minify) => {
    const bundle = await esbuildBundle(format, USES_HELPER, minify);

    expect(
      await propertiesAfter({ 'plugin.json': '{"name":"a","main":"dist/index.js"}', 'dist/index.js': bundle }),
    ).toMatchObject({ ok: true });
  });

  it('in the default export of a CommonJS bundle made by esbuild', async () => {
    const bundle = await esbuildBundle('cjs', `import { mark } from './mark'; export default { processEvent: mark }`);

    expect(await propertiesAfter({ 'index.js': bundle })).toMatchObject({ ok: true });
  });

  it('in the getters of a bundle made by an old esbuild, whose helpers have other names', async () => {
    const bundle = `var define = Object.defineProperty;
var __reExport = (to, from) => { for (let key of Object.keys(from)) define(to, key, { get: () => from[key], enumerable: true }); return to; };
var __toCommonJS = (from) => __reExport(define({}, "__esModule", { value: true }), from);
var src_exports = { get processEvent() { return processEvent; } };
module.exports = __toCommonJS(src_exports);
function processEvent${BODY}`;

    expect(await propertiesAfter({ 'index.js': bundle })).toMatchObject({ ok: true });
  });

  it('in a bundle made by rollup, strict and with exports at its end', async () => {
    const bundle = `'use strict';
Object.defineProperty(exports, '__esModule', { value: true });
var url = require('url');
function _interopDefaultLegacy (e) { return e && typeof e === 'object' && 'default' in e ? e : { 'default': e }; }
var url__default = /*#__PURE__*/_interopDefaultLegacy(url);
const processEvent = (event) => { event.properties.ok = typeof url__default['default'].parse === 'function'; return event };
exports.processEvent = processEvent;`;

    expect(await propertiesAfter({ 'index.js': bundle })).toMatchObject({ ok: true });
  });

  it('in a bundle that finds out what kind of modules it is in', async () => {
    const bundle = `(function (root, factory) {
  typeof exports === 'object' && typeof module !== 'undefined' ? factory(exports) : factory((root.mine = {}))
})(this, function (exports) { 'use strict'; exports.processEvent = function ${BODY} })`;

    expect(await propertiesAfter({ 'index.js': bundle })).toMatchObject({ ok: true });
  });

  it('in a file of half a megabyte', async () => {
    const rows = Array.from({ length: 10_000 }, (_, row) => `  key_${row}: ['value', ${row}, { nested: "${row}" }],`);
    const source = `const table = {\n${rows.join('\n')}\n}
      export function processEvent(event) { event.properties.ok = table.key_9999[1] === 9999; return event }`;

    expect(source.length).toBeGreaterThan(400_000);
    expect(await propertiesAfter({ 'index.ts': source })).toMatchObject({ ok: true });
  });

  it('nowhere when something else is exported: top-level functions do not count then', async () => {
    const [loaded] = await host.use(
      await builtPlugin(1, { 'index.js': `export const jobs = {}; function processEvent${BODY}` }),
    );

    expect(loaded).toEqual({ id: 1, capabilities: { methods: [], jobs: [], scheduledTasks: [] } });
  });

  it('nowhere in a top-level constant that is not exported', async () => {
    const [loaded] = await host.use(await builtPlugin(1, { 'index.js': 'const processEvent = (event) => event' }));

    expect(loaded).toEqual({ id: 1, capabilities: { methods: [], jobs: [], scheduledTasks: [] } });
  });

  it('nowhere in a plugin for browsers alone, which is no error', async () => {
    const [loaded] = await host.use(await builtPlugin(1, { 'frontend.tsx': 'export const scene = {}' }));

    expect(loaded).toEqual({ id: 1, capabilities: { methods: [], jobs: [], scheduledTasks: [] } });
  });
});

describe('TypeScript', () => {
  const EVERYTHING = `
    import type { PluginEvent } from '@posthog/plugin-scaffold'
    import { Plugin, PluginMeta } from '@posthog/plugin-scaffold'
    import { type Row } from './rows'
    declare const window: { name: string }
    declare module 'left-pad' { export const pad: string }
    declare global { interface Thing { a: number } }
    export interface Settings<Value = string> { readonly value?: Value }
    export type Both = Settings & Row
    enum Level { Low, High = 5, Named = 'named' }
    const enum Fixed { One = 1 }
    namespace Inner { export const value = 3 }
    abstract class Base<T> { constructor(protected readonly inner: T, public other?: string) {} }
    class Derived extends Base<number> implements Settings { private x!: string; static y: number = 2; get() { return this.inner } }
    function over(a: string): string
    function over(a: number): string
    function over(this: void, a: unknown): string { return String(a as any) }
    const plugin: Plugin<Settings> = {
      processEvent(event: PluginEvent, meta?: PluginMeta<Settings>) {
        event.properties!.ok = [Level.High, Level[0], Level.Named, Fixed.One, Inner.value, new Derived(7).get(), Derived.y, over(1), <number>8] satisfies unknown[]
        return event as PluginEvent
      },
    }
    module.exports = plugin`;

  it.each(['index.ts', 'index.js'])('of every kind works in %s', async (file) => {
    expect(await propertiesAfter({ [file]: EVERYTHING })).toMatchObject({
      ok: [5, 'Low', 'named', 1, 3, 7, 2, '1', 8],
    });
  });

  it('works in a file with any ending that `main` names', async () => {
    const manifest = '{"name":"a","main":"src/main.mts"}';

    expect(await propertiesAfter({ 'plugin.json': manifest, 'src/main.mts': EVERYTHING })).toHaveProperty('ok');
  });

  it('fields with a type and no value do not wipe out what the base class has set', async () => {
    const source = `class Base { name = 'base'; constructor() { this.prepare() } prepare() {} }
      class Derived extends Base { name: string; kind: string; prepare() { this.kind = 'derived' } }
      export function processEvent(event) { const { name, kind } = new Derived(); event.properties.ok = [name, kind]; return event }`;

    expect(await propertiesAfter({ 'index.ts': source })).toMatchObject({ ok: ['base', 'derived'] });
  });

  it('imports of types alone, and imports that nothing uses, are gone before anybody looks for the module', async () => {
    const source = `import { PluginInput } from 'posthog-plugins'
      import type { Row } from './types'
      import yargs from 'yargs'
      import * as bytes from '@ethersproject/bytes'
      import S3, { ClientConfiguration } from 'aws-sdk/clients/s3'
      export async function processEvent(event: PluginInput, row?: Row, options?: ClientConfiguration) { event.properties.ok = true; return event }`;

    expect(await propertiesAfter({ 'index.ts': source })).toMatchObject({ ok: true });
  });
});
