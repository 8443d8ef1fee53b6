import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Knows the process groups that must not outlive this process. */
export interface Keeper {
  processId: number;
  watch(groupId: number): void;
  unwatch(groupId: number): void;
  stop(): Promise<void>;
}

export interface KeeperOptions {
  /** Removed in the end, with all that is in it. */
  runDirectory: string;
  /** Called when the keeper itself ends before it is stopped: from then on nothing guards the groups. */
  onLost(error: Error): void;
}

/** Starts the process that kills function processes, frozen ones too, when this process ends for whatever reason. */
export function startKeeper({ runDirectory, onLost }: KeeperOptions): Keeper {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'keeper.ts'), runDirectory], {
    // A session of its own: neither Ctrl-C nor a kill of this process's group reaches it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  if (child.pid === undefined) throw new Error(`The keeper process could not be started with ${process.execPath}`);
  const exited = once(child, 'exit');
  let stopped = false;
  child.once('exit', (code, signal) => {
    if (!stopped) onLost(new Error(`The keeper process ended (${signal ?? code}); function processes are unguarded`));
  });
  // Writing to a keeper that is gone fails; its exit has been reported already.
  child.stdin.on('error', () => {});

  return {
    processId: child.pid,
    watch: (groupId) => void child.stdin.write(`+${groupId}\n`),
    unwatch: (groupId) => void child.stdin.write(`-${groupId}\n`),
    async stop() {
      stopped = true;
      child.stdin.end();
      await exited;
    },
  };
}
