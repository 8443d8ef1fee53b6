import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

const PROJECT_ROOT = join(import.meta.dirname, '..');

export interface SynthesiseOptions {
  /** Where the cloud assembly goes; created when it is not there. */
  outputDirectory: string;
  /** CDK context, on top of what cdk.json has. */
  context?: Readonly<Record<string, unknown>>;
  /** The CDK app, from the project's root; `cdk/app.ts` unless given. */
  app?: string;
  /** Ends it, with the bundlers it has started. */
  signal?: AbortSignal;
}

/**
 * Runs the CDK app without the CDK CLI: bundles the functions and writes templates and assets. Offline, without
 * credentials, 3 to 8 seconds.
 *
 * @throws with what the app wrote to stderr when it fails
 */
export async function synthesise({
  outputDirectory,
  context = {},
  app = 'cdk/app.ts',
  signal,
}: SynthesiseOptions): Promise<void> {
  signal?.throwIfAborted();
  const cdkJson = JSON.parse(await readFile(join(PROJECT_ROOT, 'cdk.json'), 'utf8')) as { context?: object };
  const child = spawn(process.execPath, [app], {
    cwd: PROJECT_ROOT,
    env: {
      // The bundler is started through npx, which must find this Node.js and the project's esbuild.
      PATH: [dirname(process.execPath), join(PROJECT_ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
      HOME: process.env['HOME'],
      CI: 'true',
      CDK_OUTDIR: outputDirectory,
      CDK_CONTEXT_JSON: JSON.stringify({ ...cdkJson.context, ...context }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, which ends with all that it has started.
    detached: signal !== undefined,
  });
  const end = (): void => endGroup(child.pid);
  signal?.addEventListener('abort', end);
  const exited = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, endedBy) => resolve(endedBy ?? String(code)));
  });
  const [outcome, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  signal?.removeEventListener('abort', end);
  signal?.throwIfAborted();
  if (outcome !== '0') {
    throw new Error(
      `Synthesising ${app} failed (exit ${outcome}):\n${stderr.trim() || stdout.trim() || '(it wrote nothing)'}`,
    );
  }
}

function endGroup(processId: number | undefined): void {
  try {
    if (processId !== undefined) process.kill(-processId, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
