import { createHash } from 'node:crypto';
import vm from 'node:vm';
import { expect, test } from 'vitest';
import { buildPlugin } from '../../../shared/plugins/build.ts';
import { decodeSourceMap, splitSourceMap } from '../../../shared/plugins/source-map-comment.ts';

function folder(files: Record<string, string>) {
  return new Map(Object.entries({ 'plugin.json': '{"name":"Test"}', ...files }));
}

/** Runs built code as a sloppy script and gives what it left. */
async function run(source: string, file = 'index.js') {
  const { code } = await buildPlugin(folder({ [file]: source }));
  const exports: Record<string, unknown> = {};
  const module = { exports };
  const required: string[] = [];
  const require = (name: string) => {
    required.push(name);
    return { name };
  };
  const realm = vm.createContext({ module, exports, require }) as Record<string, unknown>;
  vm.runInContext(code, realm);
  return { code, realm, exports, moduleExports: module.exports, required };
}

test('code that takes too long to build is refused, and the next plugin is built as ever', async () => {
  const nested = `exports.a = ${'(a = '.repeat(2000)}1${') => 1'.repeat(2000)}`;

  await expect(buildPlugin(folder({ 'index.js': nested }), 1)).rejects.toThrow(
    'index.js cannot be built: it takes longer than 1 s. Is the code, or what it imports, nested',
  );

  expect((await run('exports.b = 2')).exports).toEqual({ b: 2 });
});

test('a script with top-level functions keeps them as they are, with their names', async () => {
  const { code, realm } = await run('const unused = 1\nfunction processEvent(event) { return event }');

  expect(splitSourceMap(code).code).toBe('const unused = 1;\nfunction processEvent(event) {\n  return event;\n}');
  expect(realm['processEvent']).toBeTypeOf('function');
});

test.each([
  ['a script', 'function processEvent() { undeclared = 1; return undeclared }\nexports.processEvent = processEvent'],
  ['an ES module', 'export function processEvent() { undeclared = 1; return undeclared }'],
])('%s runs in sloppy mode', async (_, source) => {
  const { exports, code } = await run(source);

  expect(code).not.toContain('use strict');
  expect((exports['processEvent'] as () => number)()).toBe(1);
});

test('a "use strict" at the top has no effect, as in PostHog; one within a function has', async () => {
  const { exports } = await run(
    "'use strict'\nexports.top = function () { return this === undefined }\nexports.inner = function () { 'use strict'; return this === undefined }",
  );
  const { top, inner } = exports as Record<string, () => boolean>;

  expect([top?.call(undefined), inner?.call(undefined)]).toEqual([false, true]);
});

test.each([
  ['export function setupPlugin() {}'],
  ['export { a as setupPlugin }; function a() {}'],
  ['export default { setupPlugin() {} }'],
  ['module.exports = { setupPlugin() {} }'],
  ['exports.setupPlugin = () => {}'],
])('the hook of `%s` is found', async (source) => {
  const { exports, moduleExports } = await run(source);

  const places = [exports, exports['default'] as Record<string, unknown> | undefined, moduleExports];
  expect(places.map((place) => place?.['setupPlugin']).find(Boolean)).toBeTypeOf('function');
});

test('a file that exports both as an ES module and through module.exports keeps both', async () => {
  const { exports, moduleExports } = await run('export function setupPlugin() {}\nmodule.exports = { jobs: {} }');

  expect(exports['setupPlugin']).toBeTypeOf('function');
  expect(moduleExports['jobs']).toEqual({});
});

test('an ES module that exports nothing keeps its top-level functions', async () => {
  const { realm, required } = await run("import crypto from 'crypto'\nfunction processEvent() { return crypto }");

  expect((realm['processEvent'] as () => unknown)()).toEqual({ name: 'crypto' });
  expect(required).toEqual(['crypto']);
});

test('type-only and unused imports are gone, in .js files too', async () => {
  const source = `import { Plugin } from '@posthog/plugin-scaffold'; import yargs from 'yargs'; import type { X } from './types'
    const plugin: Plugin<X> = { setupPlugin: () => {} }
    module.exports = plugin`;

  expect((await run(source, 'index.js')).required).toEqual([]);
  expect((await run(source, 'index.ts')).required).toEqual([]);
});

test('a dynamic import becomes a call of require', async () => {
  const { exports, required } = await run("export const load = () => import('zlib')");

  await (exports['load'] as () => Promise<unknown>)();

  expect(required).toEqual(['zlib']);
});

test('the hash is the sha256 of the code: the same source has the same, another source another', async () => {
  const first = await buildPlugin(folder({ 'index.js': 'exports.a = 1' }));
  const same = await buildPlugin(folder({ 'index.js': 'exports.a = 1' }));
  const other = await buildPlugin(folder({ 'index.js': 'exports.a = 2' }));

  expect(first.codeHash).toBe(createHash('sha256').update(first.code).digest('hex'));
  expect(same.codeHash).toBe(first.codeHash);
  expect(other.codeHash).not.toBe(first.codeHash);
});

test('the entry is `main`, else index.js, else index.ts', async () => {
  const all = { 'index.js': 'exports.a = "js"', 'index.ts': 'exports.a = "ts"', 'src/x.ts': 'exports.a = "main"' };
  const codeOf = async (files: Record<string, string>) => (await buildPlugin(folder(files))).code;

  expect(await codeOf({ ...all, 'plugin.json': '{"name":"a","main":"./src/x.ts"}' })).toContain('"main"');
  expect(await codeOf(all)).toContain('"js"');
  expect(await codeOf({ 'index.ts': all['index.ts'] })).toContain('"ts"');
  expect(await codeOf({ ...all, 'plugin.json': '{"name":"a","main":""}' })).toContain('"js"');
  expect(await codeOf({ ...all, 'plugin.json': '{"name":"a","main":"/lib/../src//x.ts"}' })).toContain('"main"');
});

test('a plugin for browsers alone is built without code', async () => {
  expect((await buildPlugin(folder({ 'site.ts': 'export {}' }))).code).toBe('');
});

test('a missing file is named, with the files that are there', async () => {
  await expect(buildPlugin(new Map([['index.js', '']]))).rejects.toThrow(
    "There is no plugin.json in the plugin's folder; found index.js",
  );
  await expect(buildPlugin(folder({}))).rejects.toThrow(
    "Could not load source code for plugin Test. Tried: index.js, index.ts. The plugin's folder has plugin.json.",
  );
  await expect(
    buildPlugin(folder({ 'plugin.json': '{"name":"a","main":"dist/a.js"}', 'index.js': '' })),
  ).rejects.toThrow(
    'Could not load dist/a.js for plugin a! plugin.json names it as "main". The plugin\'s folder has index.js, plugin.json.',
  );
});

test('a syntax error is shown with file, line and column', async () => {
  await expect(buildPlugin(folder({ 'index.ts': 'const a = 1\n  const = 2' }))).rejects.toThrow(
    /index\.ts:2:9: .+\n {4}const = 2/,
  );
});

test('what cannot be in a plugin at all is shown at its place in the author’s file, too', async () => {
  const source = 'interface A {}\n\ninterface B {}\n  await fetch("https://example.com")';

  await expect(buildPlugin(folder({ 'index.ts': source }))).rejects.toThrow(
    /^The plugin's code cannot be built:\nindex\.ts:4:3: Top-level await .+\n {4}await fetch/,
  );
});

test('the map behind the code leads back to the file, and does not hold its text', async () => {
  const { code } = await buildPlugin(folder({ 'index.ts': 'export const secretText = 1' }));

  const map = decodeSourceMap(splitSourceMap(code).map as string);

  expect(map).toMatchObject({ version: 3, sources: ['index.ts'] });
  expect(map).not.toHaveProperty('sourcesContent');
});
