import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { PluginFiles } from './bundle-imports.ts';
import { compile } from './compile.ts';
import { type PluginManifest, parseManifest } from './manifest.ts';

export interface BuiltPlugin {
  manifest: PluginManifest;
  /**
   * A sloppy CommonJS script: `module`, `exports` and `require` come from whoever evaluates it.
   * Behind it stands the source map to the author's file, see `source-map-comment.ts`.
   */
  code: string;
  /** sha256 of the code, hex. */
  codeHash: string;
}

/** Where the code is looked for when plugin.json names no `main`. */
const STANDARD_ENTRIES = ['index.js', 'index.ts'];
/** A plugin that has one of these and no entry runs in browsers only. */
const BROWSER_ENTRIES = ['frontend.tsx', 'site.ts'];

/** Ten megabytes of code take about this long. */
const LIMIT_SECONDS = 30;

/**
 * Builds a plugin out of what its author wrote: a source file and what it imports, JavaScript or TypeScript, CommonJS or ES module.
 *
 * The code stays a script that PostHog could have run: sloppy, top-level functions remain top-level declarations with their names,
 * unused and type-only imports are gone.
 * Imports of files and packages that came with the plugin are bundled. All others are left: what a plugin may import is decided where it runs.
 * A plugin for browsers alone has no code, and so no hooks.
 *
 * @throws an error for the author: what is wrong with plugin.json, which file is missing, or each syntax error with file, line and column.
 */
export async function buildPlugin(files: PluginFiles, limitSeconds = LIMIT_SECONDS): Promise<BuiltPlugin> {
  const manifestText = files.get('plugin.json');
  if (manifestText === undefined) {
    throw new Error(
      `There is no plugin.json in the plugin's folder; found ${listOf(files)}. The least it needs is {"name": "…"}.`,
    );
  }
  const manifest = parseManifest(textOf(manifestText));
  const entry = findEntry(files, manifest);
  const read = (path: string) => textOf(files.get(path) as string | Uint8Array);
  const code = entry === null ? '' : await compile(read(entry), entry, files, limitSeconds);
  return { manifest, code, codeHash: createHash('sha256').update(code).digest('hex') };
}

function findEntry(files: PluginFiles, { name, main }: PluginManifest): string | null {
  const candidates = main === undefined ? STANDARD_ENTRIES : [posix.normalize(main).replace(/^\//, '')];
  const entry = candidates.find((path) => files.has(path));
  if (entry !== undefined) return entry;
  if (main === undefined && BROWSER_ENTRIES.some((path) => files.has(path))) return null;
  const problem =
    main === undefined
      ? `Could not load source code for plugin ${name}. Tried: ${STANDARD_ENTRIES.join(', ')}.`
      : `Could not load ${main} for plugin ${name}! plugin.json names it as "main".`;
  throw new Error(`${problem} The plugin's folder has ${listOf(files)}.`);
}

function textOf(content: string | Uint8Array): string {
  return typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
}

/** Files that an error names. */
const MAX_LISTED = 30;

function listOf(files: PluginFiles): string {
  if (files.size === 0) return 'no files';
  const listed = [...files.keys()].sort().slice(0, MAX_LISTED).join(', ');
  return files.size > MAX_LISTED ? `${listed} and ${files.size - MAX_LISTED} more` : listed;
}
