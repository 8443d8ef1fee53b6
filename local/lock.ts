import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';

/** Says that another process holds the lock. */
export class LockedError extends Error {
  override name = 'LockedError';
}

interface Holder {
  processId: number;
  /** When that process started, so that a later one with the same id is not taken for it; '' where it is not known. */
  startedAt: string;
}

/**
 * Takes a lock file, which holds the id of this process. The lock of a process that has ended is taken over.
 *
 * @returns what gives the lock back
 * @throws LockedError when a living process holds it
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const own: Holder = { processId: process.pid, startedAt: startOf(process.pid) };
  for (;;) {
    try {
      await writeFile(path, JSON.stringify(own), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder !== undefined && isAlive(holder)) {
      throw new LockedError(
        `The local stack is running already, as process ${holder.processId} (${path}). End it with Ctrl-C or ` +
          `\`kill ${holder.processId}\` first`,
      );
    }
    await rm(path, { force: true });
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    // Half written by a process that was killed, or just given back.
    return undefined;
  }
}

function isAlive({ processId, startedAt }: Holder): boolean {
  try {
    process.kill(processId, 0);
  } catch (error) {
    // Any other error means that the process exists but belongs to someone else.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startOf(processId) === startedAt;
}

/** A process's start in clock ticks since boot, the 22nd field of its stat; Linux only. */
function startOf(processId: number): string {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    // The second field is the program's name in brackets and may itself hold blanks and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
