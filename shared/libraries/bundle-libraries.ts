import { createHash, randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { LIBRARY_NAMES, type LibraryName, libraryFile } from './provided-modules.ts';

const PROJECT_ROOT = join(import.meta.dirname, '../..');

const OPTIONS: BuildOptions = {
  absWorkingDir: PROJECT_ROOT,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  // Names survive: libraries tell classes by them, and stack traces stay readable.
  minifyWhitespace: true,
  minifySyntax: true,
  // `import()` becomes `require`, the only way to a module that a library has in a plugin's realm.
  supported: { 'dynamic-import': false },
  // Loaded only when asked for, and written in C++.
  external: ['pg-native'],
  plugins: [
    {
      name: 'logs-of-snowflake-in-memory',
      // The logger for Node writes each connection to a file and to the console; the one for browsers keeps lines in memory.
      setup: ({ onResolve }) => {
        onResolve({ filter: /^\.\/logger\/node$/ }, ({ resolveDir }) =>
          resolveDir.endsWith('snowflake-sdk/lib') ? { path: join(resolveDir, 'logger/browser.js') } : undefined,
        );
      },
    },
  ],
  logLevel: 'warning',
};

/** Where bundles are kept between runs from source. Another lockfile or another way to bundle means another folder. */
export function bundledLibrariesFolder(): string {
  const key = createHash('sha256');
  for (const file of [join(PROJECT_ROOT, 'package-lock.json'), import.meta.filename]) key.update(readFileSync(file));
  const folder = join(PROJECT_ROOT, 'node_modules/.cache/plugin-libraries', key.digest('hex').slice(0, 16));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Bundles those libraries that are not in the folder yet. Processes may do so at the same time: a file appears when it is whole. */
export async function bundleLibraries(folder: string, names: readonly LibraryName[] = LIBRARY_NAMES): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const file = join(folder, libraryFile(name));
      if (existsSync(file)) return;
      const unfinished = `${file}.${randomUUID()}`;
      await build({ ...OPTIONS, entryPoints: [name], outfile: unfinished });
      renameSync(unfinished, file);
    }),
  );
}

/** The libraries that a plugin's code may import, going by the names in it: never too few. */
export function librariesNamedIn(code: string): LibraryName[] {
  const google = /\bgoogle\b(?!-cloud)/.test(code);
  return LIBRARY_NAMES.filter((name) => code.includes(name) || (google && name.startsWith('@google-cloud/')));
}

// Run as a program it puts all libraries into the folder that it is given.
if (import.meta.main) {
  const [, , target = ''] = process.argv;
  const folder = bundledLibrariesFolder();
  await bundleLibraries(folder);
  mkdirSync(target, { recursive: true });
  for (const name of LIBRARY_NAMES) copyFileSync(join(folder, libraryFile(name)), join(target, libraryFile(name)));
}
