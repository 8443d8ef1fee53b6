import { posix } from 'node:path';
import { build, type Loader, type Plugin } from 'esbuild';
import { isProvided } from '../libraries/provided-modules.ts';
import { packageEntries, splitPackageImport } from './package-entry.ts';

/** The files of a plugin by their path within it, `/` between folders. */
export type PluginFiles = ReadonlyMap<string, string | Uint8Array>;

export interface ImportBundle {
  /** Code whose `module.exports` has a function for each import, which gives the module. */
  code: string;
  /** JSON text of the source map of `code`. */
  map: string;
}

const ENTRY = 'imports';
const NAMESPACE = 'plugin';
const ENDINGS = ['', '.ts', '.js', '.mjs', '.cjs', '.json', '.tsx', '/index.ts', '/index.js'];

/**
 * Bundles what a plugin imports of its own: files by a relative path, and npm packages that came with it. Each is evaluated when it is
 * first imported. PostHog took one file only; what is not found here is left to where the plugin runs, which refuses it by name.
 *
 * @param entry the file that imports, by its path within the plugin.
 * @returns null when nothing that is imported came with the plugin.
 */
export async function bundleImports(
  imports: string[],
  entry: string,
  files: PluginFiles,
): Promise<ImportBundle | null> {
  const own = [...new Set(imports)].filter((name) => resolveImport(name, entry, files) !== null);
  if (own.length === 0) return null;
  const contents = own.map((name) => `exports[${JSON.stringify(name)}] = () => require(${JSON.stringify(name)});`);
  const result = await build({
    stdin: { contents: contents.join('\n'), sourcefile: ENTRY, loader: 'js' },
    bundle: true,
    write: false,
    outfile: 'plugin.js',
    format: 'cjs',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'node24',
    charset: 'utf8',
    logLevel: 'silent',
    sourcemap: 'external',
    sourcesContent: false,
    tsconfigRaw: { compilerOptions: { alwaysStrict: false, useDefineForClassFields: false } },
    supported: { 'dynamic-import': false },
    plugins: [filesOfPlugin(entry, files)],
  });
  const textOf = (ending: string) => result.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  const map = JSON.parse(textOf('.map')) as { sources: string[] };
  map.sources = map.sources.map((source) => source.slice(source.indexOf(':') + 1));
  return { code: textOf('plugin.js'), map: JSON.stringify(map) };
}

/** Lets esbuild read the plugin's files and nothing else. */
function filesOfPlugin(entry: string, files: PluginFiles): Plugin {
  return {
    name: 'files-of-the-plugin',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path, importer }) => {
        const found = resolveImport(path, importer === ENTRY || importer === '' ? entry : importer, files);
        return found === null ? { path, external: true } : { path: found, namespace: NAMESPACE };
      });
      onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents: files.get(path) as string | Uint8Array,
        loader: loaderOf(path),
      }));
    },
  };
}

/** Whatever it ends with, an author's file may have types; a package's has none. */
function loaderOf(path: string): Loader {
  if (path.endsWith('.json')) return 'json';
  if (path.endsWith('.tsx')) return 'tsx';
  return path.includes('node_modules/') ? 'js' : 'ts';
}

/** The file that an import means; null when it did not come with the plugin. */
function resolveImport(name: string, importer: string, files: PluginFiles): string | null {
  const folder = posix.dirname(importer);
  if (/^\.{1,2}(\/|$)/.test(name)) return resolveFile(posix.join(folder, name), files);
  if (isProvided(name)) return null;
  for (let above = folder; ; above = posix.dirname(above)) {
    const found = resolvePackage(posix.join(above, 'node_modules'), name, files);
    if (found !== null || above === '.' || above === '/') return found;
  }
}

function resolvePackage(modules: string, name: string, files: PluginFiles): string | null {
  const { packageName, subpath } = splitPackageImport(name);
  const folder = posix.join(modules, packageName);
  const manifest = files.get(`${folder}/package.json`);
  if (manifest === undefined) return resolveFile(posix.join(modules, name), files);
  const entries = packageEntries(Buffer.from(manifest).toString('utf8'), folder, subpath);
  return entries.map((path) => resolveFile(path, files)).find((file) => file !== null) ?? null;
}

function resolveFile(path: string, files: PluginFiles): string | null {
  // In TypeScript's ES modules an import names the file that will be there, `./send.js` for send.ts.
  const typed = path.replace(/\.js$/, '.ts');
  return (
    [path, typed].flatMap((base) => ENDINGS.map((ending) => base + ending)).find((file) => files.has(file)) ?? null
  );
}
