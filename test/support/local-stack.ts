import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_CONTEXT } from '../../local/local-settings.ts';
import type { LocalStack, LocalStackOptions } from '../../local/start-local-stack.ts';
import { startLocalStack } from '../../local/start-local-stack.ts';
import { synthesise } from '../../local/synthesise.ts';

const PROJECT_ROOT = join(import.meta.dirname, '../..');
const CACHE = join(PROJECT_ROOT, 'node_modules/.cache/hoglet-assemblies');
const SOURCES = ['cdk', 'functions', 'shared', 'cdk.json', 'package-lock.json'];
const DAY_MILLISECONDS = 86_400_000;

export interface TestStackOptions extends Omit<LocalStackOptions, 'assemblyDirectory'> {
  /** CDK context on top of LOCAL_CONTEXT. */
  context?: Readonly<Record<string, unknown>>;
}

/** Starts the project's own stack for a test: in memory, unless the test brings a state directory. */
export async function startTestStack({ context, ...options }: TestStackOptions = {}): Promise<LocalStack> {
  const assemblyDirectory = await synthesiseOnce({ ...LOCAL_CONTEXT, ...context });
  return startLocalStack({ ...options, assemblyDirectory });
}

/** Makes a directory that is gone, with all that is in it, when the scope is left. */
export async function temporaryDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'hoglet-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const underWay = new Map<string, Promise<string>>();

/**
 * Synthesises the CDK app with a context, once for all test files and runs until a source changes.
 *
 * @returns the cloud assembly's directory; it is shared, so nothing may be written into it
 */
export function synthesiseOnce(context: Readonly<Record<string, unknown>>): Promise<string> {
  const name = JSON.stringify(context);
  const synthesis = underWay.get(name) ?? synthesiseIntoCache(context);
  underWay.set(name, synthesis);
  return synthesis;
}

async function synthesiseIntoCache(context: Readonly<Record<string, unknown>>): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(context));
  for (const path of await sourceFiles()) hash.update(path).update(await readFile(join(PROJECT_ROOT, path)));
  const directory = join(CACHE, hash.digest('hex').slice(0, 32));
  if (await exists(directory)) return directory;

  await mkdir(CACHE, { recursive: true });
  await removeOld();
  const draft = await mkdtemp(join(CACHE, 'draft-'));
  await synthesise({ outputDirectory: draft, context });
  try {
    await rename(draft, directory);
  } catch (error) {
    // Another test file was faster; what it made is the same.
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(directory))) throw error;
  }
  return directory;
}

async function sourceFiles(): Promise<string[]> {
  const lists = await Promise.all(
    SOURCES.map(async (source) => {
      if (!(await stat(join(PROJECT_ROOT, source))).isDirectory()) return [source];
      const entries = await readdir(join(PROJECT_ROOT, source), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath.slice(PROJECT_ROOT.length + 1), entry.name));
    }),
  );
  return lists.flat().sort();
}

async function removeOld(): Promise<void> {
  for (const name of await readdir(CACHE)) {
    const path = join(CACHE, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > DAY_MILLISECONDS) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
