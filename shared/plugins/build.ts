import { createHash } from 'node:crypto';
import { type Message, type TransformFailure, transform } from 'esbuild';
import { type PluginManifest, parseManifest } from './manifest.ts';

/** The files of a plugin by their path within it, `/` between folders. */
export type PluginFiles = ReadonlyMap<string, string | Uint8Array>;

export interface BuiltPlugin {
  manifest: PluginManifest;
  /** A sloppy CommonJS script: `module`, `exports` and `require` come from whoever evaluates it. */
  code: string;
  /** sha256 of the code, hex. */
  codeHash: string;
}

/** Where the code is looked for when plugin.json names no `main`. */
const STANDARD_ENTRIES = ['index.js', 'index.ts'];

/**
 * Builds a plugin out of what its author wrote: one source file, JavaScript or TypeScript, CommonJS or ES module.
 *
 * The code stays a script that PostHog could have run: no strict mode the author did not ask for, top-level functions remain
 * top-level declarations with their names, unused and type-only imports are gone.
 * Imports are not resolved: what a plugin may import is decided where it runs.
 *
 * @throws an error for the author: what is wrong with plugin.json, which file is missing, or each syntax error with file, line and column.
 */
export async function buildPlugin(files: PluginFiles): Promise<BuiltPlugin> {
  const manifestText = files.get('plugin.json');
  if (manifestText === undefined) {
    throw new Error(
      `There is no plugin.json in the plugin's folder; found ${listOf(files)}. The least it needs is {"name": "…"}.`,
    );
  }
  const manifest = parseManifest(textOf(manifestText));
  const entry = findEntry(files, manifest);
  const code = await compile(textOf(files.get(entry) as string | Uint8Array), entry);
  return { manifest, code, codeHash: createHash('sha256').update(code).digest('hex') };
}

function findEntry(files: PluginFiles, { main }: PluginManifest): string {
  const candidates = main === undefined ? STANDARD_ENTRIES : [main.replace(/^\.?\//, '')];
  const entry = candidates.find((path) => files.has(path));
  if (entry !== undefined) return entry;
  const wanted = main === undefined ? STANDARD_ENTRIES.join(' or ') : `${main}, which plugin.json names as "main",`;
  throw new Error(`There is no ${wanted} in the plugin's folder; found ${listOf(files)}.`);
}

async function compile(source: string, file: string): Promise<string> {
  try {
    const { code } = await transform(source, {
      // PostHog compiled every file as TypeScript, whatever its name: types in .js files work, unused imports vanish.
      loader: 'ts',
      format: 'cjs',
      target: 'node24',
      charset: 'utf8',
      treeShaking: false,
      sourcefile: file,
      logLevel: 'silent',
      // `import()` becomes `require`, which is where the list of allowed modules is.
      supported: { 'dynamic-import': false },
      tsconfigRaw: { compilerOptions: { alwaysStrict: false } },
    });
    return keepExportsObject(code);
  } catch (error) {
    throw buildError((error as TransformFailure).errors, file, error);
  }
}

/**
 * Puts an ES module's exports onto the `exports` object itself. esbuild makes a new object and assigns it to `module.exports`,
 * where a `module.exports = …` in the same file would wipe them out; PostHog found hooks that were exported either way.
 */
function keepExportsObject(code: string): string {
  return code.replace(
    /^module\.exports = __toCommonJS\((\w+)\);$/m,
    '__copyProps(__defProp(exports, "__esModule", { value: true }), $1);',
  );
}

function buildError(errors: Message[], file: string, cause: unknown): Error {
  if (!Array.isArray(errors)) return new Error(`${file} cannot be built: ${(cause as Error).message}`, { cause });
  const lines = errors.map(({ text, location }) => {
    if (location === null) return `${file}: ${text}`;
    return `${file}:${location.line}:${location.column + 1}: ${text}\n    ${location.lineText.trim()}`;
  });
  return new Error(`The plugin's code cannot be built:\n${lines.join('\n')}`, { cause });
}

function textOf(content: string | Uint8Array): string {
  return typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
}

function listOf(files: PluginFiles): string {
  return files.size === 0 ? 'no files' : [...files.keys()].sort().join(', ');
}
