import { afterAll, describe, expect, it } from 'vitest';
import { builtPlugin } from '../../support/built-plugin.ts';
import { createTestHost, eventOf, eventsOf } from '../../support/plugin-host.ts';

const host = createTestHost();
afterAll(() => host.stop());

async function run(files: Record<string, string>) {
  const [loaded] = await host.use(await builtPlugin(1, files));
  const result = await host.runEvents([eventOf({ properties: {} })]);
  return { loaded, errors: result.errors, properties: eventsOf(result)[0]?.properties };
}

describe('what came with a plugin can be imported', () => {
  it.each([
    [
      'with types, without an ending',
      { 'lib/mark.ts': `import type { X } from './nothing'; export const mark: string = 'here'` },
    ],
    [
      'through a folder',
      { 'lib/mark/index.ts': `export { mark } from './real'`, 'lib/mark/real.js': `export const mark = 'here'` },
    ],
    ['as CommonJS', { 'lib/mark.js': `module.exports = { mark: 'here' }` }],
    ['as JSON', { 'lib/mark.json': `{"mark":"here"}` }],
  ])('%s', async (_, files: Record<string, string>) => {
    const name = 'lib/mark.json' in files ? './lib/mark.json' : './lib/mark';
    const source = `import { mark } from '${name}'; export function processEvent(event) { event.properties.mark = mark; return event }`;

    const { loaded, properties } = await run({ ...files, 'index.ts': source });

    expect(loaded?.error).toBeUndefined();
    expect(properties).toMatchObject({ mark: 'here' });
  });

  it('by require, from a script whose hooks are top-level functions and which lies in a folder', async () => {
    const { properties } = await run({
      'plugin.json': '{"name":"Test","main":"src/main.js"}',
      'src/main.js': `function processEvent(event) { event.properties.mark = require('../lib/mark').mark; undeclared = 1; return event }`,
      'lib/mark.js': `exports.mark = require('crypto').createHash('md5').update('a').digest('hex')`,
    });

    expect(properties).toMatchObject({ mark: '0cc175b9c0f1b6a831c399e269772661' });
  });

  it('as an npm package in node_modules, and not in place of what is provided', async () => {
    const { properties } = await run({
      'index.js': `const { pad } = require('left'); const { createHash } = require('crypto');
        exports.processEvent = (event) => { event.properties.mark = pad('x') + typeof createHash; return event }`,
      'node_modules/left/package.json': '{"name":"left","main":"lib/left.js"}',
      'node_modules/left/lib/left.js': `exports.pad = require('./with')`,
      'node_modules/left/lib/with.js': `module.exports = (text) => '-' + text`,
      'node_modules/crypto/index.js': `exports.createHash = 1`,
    });

    expect(properties).toMatchObject({ mark: '-xfunction' });
  });

  it.each([
    ['by its exports', { 'package.json': '{"exports":"./lib/a.js"}', 'lib/a.js': 'exports.mark = "here"' }, 'left'],
    [
      'by its exports for require, where it has others too',
      {
        'package.json': '{"exports":{".":{"import":"./a.mjs","require":"./a.cjs"}},"main":"nowhere.js"}',
        'a.mjs': 'export const mark = "wrong"',
        'a.cjs': 'exports.mark = "here"',
      },
      'left',
    ],
    [
      'by its exports for import, where it has no others',
      {
        'package.json': '{"type":"module","exports":{"import":{"node":"./a.js"}}}',
        'a.js': 'export const mark = "here"',
      },
      'left',
    ],
    ['by a path', { 'package.json': '{"main":"a.js"}', 'lib/b.js': 'exports.mark = "here"' }, 'left/lib/b'],
    [
      'by a path that its exports translate',
      { 'package.json': '{"exports":{"./*":"./dist/*.js"}}', 'dist/b.js': 'exports.mark = "here"' },
      'left/b',
    ],
    ['by a folder as its main', { 'package.json': '{"main":"lib"}', 'lib/index.js': 'exports.mark = "here"' }, 'left'],
    ['by no manifest at all', { 'index.js': 'exports.mark = "here"' }, 'left'],
  ])('as an npm package %s', async (_, files: Record<string, string>, name) => {
    const carried = Object.entries(files).map(([path, content]) => [`node_modules/left/${path}`, content]);
    const { properties } = await run({
      'index.js': `import { mark } from '${name}'; export function processEvent(event) { event.properties.mark = mark; return event }`,
      ...Object.fromEntries(carried),
    });

    expect(properties).toMatchObject({ mark: 'here' });
  });

  it('but a package whose manifest is damaged is named when the plugin is built', async () => {
    const building = builtPlugin(1, { 'index.js': `require('left')`, 'node_modules/left/package.json': '{' });

    await expect(building).rejects.toThrow('node_modules/left/package.json is not JSON');
  });

  it('is evaluated once, when it is first asked for', async () => {
    const { properties } = await run({
      'index.js': `const before = globalThis.times; exports.processEvent = (event) => {
        require('./a'); require('./b'); event.properties.mark = [before, globalThis.times]; return event }`,
      'a.js': `require('./b')`,
      'b.js': `globalThis.times = (globalThis.times ?? 0) + 1`,
    });

    expect(properties).toMatchObject({ mark: [null, 1] });
  });

  it('and shows its own positions in stacks, as the entry shows its', async () => {
    const { errors } = await run({
      'index.ts': `import { fail } from './lib/fail';\nexport function processEvent(event) {\n  fail();\n}`,
      'lib/fail.ts': `type X = 1;\n\nexport function fail(): never {\n  throw new Error('no');\n}`,
    });

    const stack = errors[0]?.last.stack ?? '';
    expect(stack).toMatch(/fail \(lib\/fail\.ts:4:9\)/);
    expect(stack).toMatch(/processEvent \(index\.ts:3:3\)/);
  });

  it('but a syntax error in it is shown at its place when the plugin is built', async () => {
    const building = builtPlugin(1, { 'index.ts': `import './lib/bad'`, 'lib/bad.ts': `const a = 1;\nconst = 2;` });

    await expect(building).rejects.toThrow(/lib\/bad\.ts:2:7: /);
  });
});
