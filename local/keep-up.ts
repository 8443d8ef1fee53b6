import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from './lock.ts';
import type { LocalStack, LocalStackOptions } from './start-local-stack.ts';
import { startLocalStack } from './start-local-stack.ts';

export interface KeepUpOptions {
  /** Keeps state and logs from run to run, the lock, and `stack.json`, which says where the running stack is. */
  stateDirectory: string;
  /** Empties queues, tables, buckets and logs first. */
  fresh: boolean;
  /** Sees to it that there is a cloud assembly in the directory. */
  synthesise(directory: string): Promise<void>;
  stackOptions?: Pick<LocalStackOptions, 'onMessage' | 'functionUrlPort' | 'onProblem'>;
  /** Whatever is to be done with the stack. It stops when this has come to its end. */
  whileUp(stack: LocalStack, place: StackPlace): Promise<void>;
  /** Ends the start; once the stack is up, `whileUp` is to watch it. */
  interrupted: AbortSignal;
}

/** Where a stack is: what `stack.json` has in it. */
export type StackPlace = Pick<LocalStack, 'region' | 'endpoints' | 'credentials' | 'outputs'>;

/** What `fresh` takes away. */
const KEPT = ['secrets', 'queues', 'tables', 'executions', 'schedules', 'logs'];

/**
 * Starts the stack, has work done while it is up, and stops it, whatever comes of the work.
 *
 * @throws LockedError when a stack with this state runs already
 */
export async function keepUp(options: KeepUpOptions): Promise<void> {
  const { stateDirectory, fresh, synthesise, whileUp, interrupted } = options;
  const inState = (name: string) => join(stateDirectory, name);

  await mkdir(stateDirectory, { recursive: true });
  const giveBackLock = await takeLock(inState('lock'));
  try {
    for (const name of fresh ? KEPT : []) await rm(inState(name), { recursive: true, force: true });
    await synthesise(inState('assembly'));
    interrupted.throwIfAborted();
    const stack = await startLocalStack({
      ...options.stackOptions,
      assemblyDirectory: inState('assembly'),
      stateDirectory,
    });
    try {
      const { endpoints, outputs, credentials, region } = stack;
      const place = { region, endpoints, credentials, outputs };
      await writeFile(inState('stack.json'), JSON.stringify(place, null, 2));
      await whileUp(stack, place);
    } finally {
      await rm(inState('stack.json'), { force: true });
      await stack.stop();
    }
  } finally {
    await giveBackLock();
  }
}
