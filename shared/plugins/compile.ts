import { type Message, stop, type TransformFailure, type TransformOptions, transform } from 'esbuild';
import { bundleImports, type ImportBundle, type PluginFiles } from './bundle-imports.ts';
import { appendSourceMap } from './source-map-comment.ts';

const COMMON: TransformOptions = {
  target: 'node24',
  charset: 'utf8',
  treeShaking: false,
  logLevel: 'silent',
  sourcesContent: false,
};

/**
 * Compiles a plugin's source file to a sloppy CommonJS script, with the map back to the author's file behind it.
 *
 * It takes two steps, because only between them, with the types gone and every import on a line of its own, can imports be made to
 * mean what they meant in PostHog.
 *
 * @param file its path within the plugin; whatever it ends with, the source may have types.
 * @param files what came with the plugin, for imports of its own.
 * @param limitSeconds how long it may take.
 * @throws an error that lists each syntax error with file, line and column.
 */
export async function compile(source: string, file: string, files: PluginFiles, limitSeconds: number): Promise<string> {
  const work = compileOnce(source, file, files);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`it takes longer than ${limitSeconds} s`), limitSeconds * 1000);
  });
  const problem = await Promise.race([work.then(() => null, endOfCompiler), late]);
  clearTimeout(timer);
  if (problem === null) return work;
  // The next plugin is to find neither a compiler that is gone nor one that is still at work on this.
  await stop();
  throw new Error(`${file} cannot be built: ${problem}. Is the code, or what it imports, nested hundreds of times?`);
}

/** esbuild is a process of its own, and code that is nested deeply enough ends it. Null for an error that is the author's. */
function endOfCompiler(error: Error): string | null {
  const hasEnded = /The service (?:was stopped|is no longer running)/.test(error.message);
  return hasEnded ? 'the compiler ended while it was at work' : null;
}

async function compileOnce(source: string, file: string, files: PluginFiles): Promise<string> {
  const asTypeScript: TransformOptions = {
    ...COMMON,
    // PostHog compiled every file as TypeScript, whatever its name: types in .js files work, unused imports vanish.
    loader: 'ts',
    sourcefile: file,
    // As there, a field that has a type but no value declares nothing, and nothing turns on strict mode.
    tsconfigRaw: { compilerOptions: { alwaysStrict: false, useDefineForClassFields: false } },
  };
  try {
    const typeless = await transform(source, { ...asTypeScript, sourcemap: 'inline' });
    const script = await toScript(importWholeModules(typeless.code), file, files).catch(async (error: unknown) => {
      // The same error, but at its place in the author's file.
      await transform(source, { ...asTypeScript, format: 'cjs' });
      throw error;
    });
    return script;
  } catch (error) {
    throw compileError((error as TransformFailure).errors, file, error);
  }
}

async function toScript(typeless: string, file: string, files: PluginFiles): Promise<string> {
  const { code, map } = await transform(typeless, {
    ...COMMON,
    loader: 'js',
    format: 'cjs',
    // In a file named so, the default import of a CommonJS module is the whole module.
    sourcefile: ES_MODULE.test(typeless) ? 'plugin.mjs' : 'plugin.js',
    sourcemap: 'external',
    // `import()` becomes `require`, which is where the list of allowed modules is.
    supported: { 'dynamic-import': false },
  });
  const script = withoutDirective(keepExportsObject(code, typeless));
  const imports = [...script.matchAll(REQUIRE)].map(([, name]) => name as string);
  const bundle = await bundleImports(imports, file, files);
  return bundle === null ? appendSourceMap(script, map) : withImports(script, map, bundle);
}

/** An import as esbuild writes it. In a text that looks like one it does no harm. */
const REQUIRE = /\brequire\("([^"\\]+)"\)/g;

/** Puts the plugin's own modules in front, where `require` finds them before it asks the host. */
function withImports(script: string, map: string, { code, map: bundleMap }: ImportBundle): string {
  const head =
    'globalThis.require = ((provided, own) => (name) => Object.hasOwn(own, name) ? own[name]() : provided(name))';
  const before = `${head}(require, ((module) => { const exports = module.exports;\n`;
  const after = '\nreturn module.exports; })({ exports: {} }));\n';
  const lines = (before + code + after).split('\n').length - 1;
  const sections = [
    { offset: { line: 1, column: 0 }, map: JSON.parse(bundleMap) as unknown },
    { offset: { line: lines, column: 0 }, map: JSON.parse(map) as unknown },
  ];
  return appendSourceMap(before + code + after + script, JSON.stringify({ version: 3, sections }));
}

const ES_MODULE = /^(?:import|export)\b/m;

/**
 * `import * as fetch from "node-fetch"` was the whole module in PostHog, as the default import was, so it could be called.
 * In esbuild's output each import is one line; a line of a template literal that looks exactly like one would be changed too.
 */
function importWholeModules(code: string): string {
  return code
    .replaceAll(/^import \* as ([\w$\u0080-\uFFFF]+) from "/gm, 'import $1 from "')
    .replaceAll(
      /^import ([\w$\u0080-\uFFFF]+), \* as ([\w$\u0080-\uFFFF]+) from "/gm,
      'import { default as $1, default as $2 } from "',
    );
}

const EXPORTS = /^module\.exports = __toCommonJS\((\w+)\);$/m;

/**
 * Puts an ES module's exports onto the `exports` object itself. esbuild makes a new object and assigns it to `module.exports`,
 * where a `module.exports = …` in the same file would wipe them out; PostHog found hooks that were exported either way.
 * A bundle that an author made with esbuild has such a line of its own, which stays.
 */
function keepExportsObject(code: string, source: string): string {
  if (EXPORTS.test(source)) return code;
  return code.replace(EXPORTS, 'Object.defineProperties(exports, Object.getOwnPropertyDescriptors($1));');
}

/** A "use strict" at the top had no effect in PostHog, where it came after code of PostHog's own. */
function withoutDirective(code: string): string {
  return code.replace(/^"use strict";/, '');
}

/** Characters that are shown of a line on either side of an error. */
const EXCERPT = 80;

function excerpt({ lineText, column }: NonNullable<Message['location']>): string {
  if (lineText.length <= 2 * EXCERPT) return lineText.trim();
  const from = Math.max(0, column - EXCERPT);
  return `${from > 0 ? '…' : ''}${lineText.slice(from, column + EXCERPT).trim()}…`;
}

function compileError(errors: Message[], file: string, cause: unknown): Error {
  if (!Array.isArray(errors)) return new Error(`${file} cannot be built: ${(cause as Error).message}`, { cause });
  const lines = errors.map(({ text, location }) => {
    if (location === null) return `${file}: ${text}`;
    const where = location.file.startsWith('plugin:') ? location.file.slice('plugin:'.length) : file;
    return `${where}:${location.line}:${location.column + 1}: ${text}\n    ${excerpt(location)}`;
  });
  return new Error(`The plugin's code cannot be built:\n${lines.join('\n')}`, { cause });
}
