import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { synthesise } from './synthesise.ts';

const PROJECT_ROOT = join(import.meta.dirname, '..');

/** All that a cloud assembly is made of: the app, what it bundles, and what npm has installed. */
const SOURCES = [
  'cdk',
  'functions',
  'shared',
  'cdk.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
  'local/synthesise.ts',
];

/** Written last: an assembly without it is not whole. */
const KEY_FILE = 'made-of.sha256';

export interface CachedAssemblyOptions {
  /** Holds the assembly, and the hash of what it was made of. */
  directory: string;
  /** CDK context, on top of what cdk.json has. */
  context: Readonly<Record<string, unknown>>;
  signal?: AbortSignal;
  /** Called when it has to be made, which takes some seconds. */
  onSynthesis?(): void;
}

/**
 * Leaves the cloud assembly that is there when sources, installed packages, settings and Node.js are those it was made of; makes it anew
 * otherwise. A process that dies meanwhile leaves the old one, or none.
 */
export async function cachedAssembly({
  directory,
  context,
  signal,
  onSynthesis,
}: CachedAssemblyOptions): Promise<void> {
  const key = await assemblyKey(context);
  if ((await readText(join(directory, KEY_FILE))) === key) return;
  onSynthesis?.();
  const draft = `${directory}.draft`;
  await rm(draft, { recursive: true, force: true });
  await synthesise({ outputDirectory: draft, context, ...(signal === undefined ? {} : { signal }) });
  await writeFile(join(draft, KEY_FILE), key);
  await rm(directory, { recursive: true, force: true });
  await rename(draft, directory);
}

/** sha256, hex, of all that an assembly with this context is made of. */
export async function assemblyKey(context: Readonly<Record<string, unknown>>): Promise<string> {
  const { version, platform, arch } = process;
  const hash = createHash('sha256').update(JSON.stringify({ context, version, platform, arch }));
  const paths = (await Promise.all(SOURCES.map(filesBelow))).flat().sort();
  const contents = await Promise.all(paths.map((path) => readText(join(PROJECT_ROOT, path))));
  for (const [index, path] of paths.entries()) {
    const content = contents[index] ?? '';
    hash.update(`${path} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** Paths from the project's root; none for what is not there. */
async function filesBelow(source: string): Promise<string[]> {
  const full = join(PROJECT_ROOT, source);
  const found = await stat(full).catch(() => undefined);
  if (found === undefined) return [];
  if (!found.isDirectory()) return [source];
  const entries = await readdir(full, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath.slice(PROJECT_ROOT.length + 1), entry.name));
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
