import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assemblyKey, cachedAssembly } from '../../local/cached-assembly.ts';
import { LOCAL_CONTEXT } from '../../local/local-settings.ts';
import type { LocalStack, LocalStackOptions } from '../../local/start-local-stack.ts';
import { startLocalStack } from '../../local/start-local-stack.ts';

const PROJECT_ROOT = join(import.meta.dirname, '../..');
const CACHE = join(PROJECT_ROOT, 'node_modules/.cache/hoglet-assemblies');
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
  const directory = join(CACHE, (await assemblyKey(context)).slice(0, 32));
  if (await exists(directory)) return directory;

  await mkdir(CACHE, { recursive: true });
  await removeOld();
  const draft = await mkdtemp(join(CACHE, 'draft-'));
  try {
    await cachedAssembly({ directory: join(draft, 'assembly'), context });
    await rename(join(draft, 'assembly'), directory);
  } catch (error) {
    // Another test file was faster; what it made is the same.
    if (!(await exists(directory))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return directory;
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
