import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorPositions, forgetSourceMap, keepSourceMap } from '../../../shared/sandbox/author-positions.ts';
import { builtPlugin } from '../../support/built-plugin.ts';
import { createTestHost, eventOf, type TestHost } from '../../support/plugin-host.ts';

let host: TestHost;
beforeAll(() => {
  host = createTestHost();
});
afterAll(() => host.stop());

const TYPESCRIPT = `import type { PluginEvent } from '@posthog/plugin-scaffold'
import fetch, * as everything from 'node-fetch'

interface Row {
    name: string
}
enum Level { Low, High }

/** A comment that the compiler drops. */
function readRow(row?: Row): string {
    void [fetch, everything, Level.Low]
    return (row as any).name.toUpperCase()
}

export async function processEvent(event: PluginEvent) {
    await null
    if (event.event === 'log') console.log(new Error('logged').stack)
    else event.properties!.name = readRow(event.properties!.row)
    return event
}
`;

async function errorOn(files: Record<string, string>, event: Record<string, unknown> = {}) {
  const [loaded] = await host.use(await builtPlugin(1, files));
  if (loaded?.error !== undefined) return loaded.error;
  return (await host.runEvents([eventOf({ properties: {}, ...event })])).errors[0]?.last;
}

/** The line and column of a text in a source, as an editor shows them. */
function placeOf(source: string, text: string): string {
  const before = source.slice(0, source.indexOf(text)).split('\n');
  return `${before.length}:${(before.at(-1) as string).length + 1}`;
}

describe('the stack that is recorded of a plugin’s error', () => {
  it('shows the author’s file, line and column of every frame, and none of the host', async () => {
    const manifest = '{"name":"a","main":"src/index.ts"}';

    const error = await errorOn({ 'plugin.json': manifest, 'src/index.ts': TYPESCRIPT });

    expect(error?.stack?.replaceAll('at Object.', 'at ').split('\n')).toEqual([
      "TypeError: Cannot read properties of undefined (reading 'name')",
      `    at readRow (src/index.ts:${placeOf(TYPESCRIPT, 'name.toUpperCase')})`,
      `    at processEvent (src/index.ts:${placeOf(TYPESCRIPT, 'readRow(event')})`,
    ]);
  });

  it.each([
    ['a script', `// A comment.\n\nmodule.exports = {\n  processEvent() {\n    throw new Error('x')\n  } }`],
    ['an ES module', `import { URL } from 'url'\n\nexport function processEvent() {\n  throw new Error(typeof URL)\n}`],
    ['top-level functions', `'use strict'\n/* a */\nfunction processEvent() { const a = 1\n\n  ;throw new Error(a) }`],
    [
      'JavaScript with classes',
      `class A {\n  value = (() => { throw new Error('x') })()\n}\nexports.processEvent = () => new A()`,
    ],
  ])('shows it in %s', async (_, source) => {
    const error = await errorOn({ 'index.js': source });

    expect(error?.stack).toContain(`index.js:${placeOf(source, 'new Error')}`);
  });

  it('shows it when the code fails while it is loaded', async () => {
    const source = `type A = string\n\nconst a: A = null!\na.length\n`;

    const error = await errorOn({ 'index.ts': source });

    expect(error).toMatchObject({ hook: 'load', stack: expect.stringContaining('index.ts:4:3') as string });
  });

  it('shows the line of a syntax error that only shows when the code is loaded', async () => {
    const error = await errorOn({ 'index.ts': `interface A {}\n\n  const a: A = /(/\n` });

    expect(error).toMatchObject({ hook: 'load', name: 'SyntaxError' });
    expect(error?.stack).toMatch(/^index\.ts:3\n/);
  });

  it('shows the import that is not provided', async () => {
    const source = `// First line.\n\nimport pad from 'left-pad'\nexport const setupPlugin = () => pad\n`;

    const error = await errorOn({ 'index.ts': source });

    expect(error?.stack).toMatch(/^Error: Cannot import 'left-pad'!.*\n    at index\.ts:3:17$/);
  });

  it('shows it when setupPlugin fails', async () => {
    const source = `interface A {}\nexport async function setupPlugin(meta: A) {\n  throw new RetryError('later')\n}\n`;

    const error = await errorOn({ 'index.ts': source });

    expect(error).toMatchObject({ hook: 'setupPlugin', retry: true });
    expect(error?.stack).toContain('at setupPlugin (index.ts:3:9)');
  });

  it('leads through an inline source map to the files that an author bundled', async () => {
    const original = `interface A { b: string }\n\nexport const processEvent = (event: A) => {\n  throw new Error(event.b)\n}\n`;
    const bundle = await transform(original, {
      loader: 'ts',
      format: 'cjs',
      minify: true,
      sourcemap: 'inline',
      sourcefile: 'lib/fail.ts',
    });

    const error = await errorOn({ 'index.js': bundle.code });

    expect(error?.stack).toContain('lib/fail.ts:4:9');
  });

  it('follows the plugin config’s code when that changes', async () => {
    await errorOn({ 'index.ts': `export function processEvent() { throw new Error('x') }` });

    const error = await errorOn({ 'index.ts': `\n\n\nexport function processEvent() { throw new Error('x') }` });

    expect(error?.stack).toContain('index.ts:4:40');
  });

  it('belongs to a promise that nobody waits for, too', async () => {
    const source = `export function processEvent(event: object) {\n  void (async () => {\n    throw new Error('astray')\n  })()\n  return event\n}`;

    const error = await errorOn({ 'index.ts': source });

    expect(error).toMatchObject({ hook: 'unhandled', message: 'astray' });
    expect(error?.stack).toContain('index.ts:3:11');
  });
});

describe('the log of a plugin', () => {
  it('shows the author’s positions in a stack that the plugin writes', async () => {
    await host.use(await builtPlugin(1, { 'index.ts': TYPESCRIPT }));

    const { logs } = await host.runEvents([eventOf({ event: 'log' })]);

    expect(logs[0]?.message).toContain(`processEvent (index.ts:${placeOf(TYPESCRIPT, "new Error('logged')")})`);
  });
});

describe('a position', () => {
  const line = 'at a (plugin-config-7/index.js:1:1)';

  it.each([
    ['no map', 'code()'],
    ['a map that is not base64 JSON', 'code()\n//# sourceMappingURL=data:application/json;base64,bm9uZQ=='],
    [
      'a map of nothing',
      `code()\n//# sourceMappingURL=data:application/json;base64,${Buffer.from('{"version":3,"sources":[],"names":[],"mappings":""}').toString('base64')}`,
    ],
  ])('stays as it is when the code has %s', (_, text) => {
    expect(keepSourceMap(7, text)).toBe('code()');
    expect(authorPositions(line)).toBe(line);
  });

  it('stays as it is when the author wrote nothing there, or when the plugin is gone', async () => {
    const { code } = await builtPlugin(7, { 'index.ts': `import * as crypto from 'crypto'\nexport const a = crypto` });
    const lines = keepSourceMap(7, code).split('\n');
    const index = lines.findIndex((text) => text.includes('require('));
    const inImport = `plugin-config-7/index.js:${index + 1}:${(lines[index]?.indexOf('require(') ?? 0) + 1}`;

    const inHelper = authorPositions(line);
    const inCode = authorPositions(inImport);
    forgetSourceMap(7);

    expect([inHelper, authorPositions(inImport)]).toEqual([line, inImport]);
    expect(inCode).toMatch(/^index\.ts:1:\d+$/);
  });
});
