import { readdirSync, readFileSync } from 'node:fs';

/** Sends a signal to every process of a group; that the group is gone already is no error. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    // EPERM is macOS's answer for a group whose processes are dead but not yet reaped.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/**
 * Gives the memory that a process and its descendants own, in bytes: what they have allocated, without the pages of
 * program files, which they share. Linux only; 0 elsewhere, and for a process that is gone.
 */
export function memoryOfTree(processId: number): number {
  try {
    const status = readFileSync(`/proc/${processId}/status`, 'utf8');
    const own = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    return childrenOf(processId).reduce((sum, child) => sum + memoryOfTree(child), own);
  } catch {
    return 0;
  }
}

/** Ticks of the kernel's accounting in a second: USER_HZ, which is 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Gives the CPU time that a process, its descendants and those of them that have ended have used, in milliseconds, to the tick of ten.
 * Linux only; 0 elsewhere, and for a process that is gone.
 */
export function cpuOfTree(processId: number): number {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    // The second field is the program's name, which may have spaces; utime, stime, cutime and cstime are the 14th to the 17th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
    const own = (ticks * 1000) / TICKS_PER_SECOND;
    return childrenOf(processId).reduce((sum, child) => sum + cpuOfTree(child), own);
  } catch {
    return 0;
  }
}

function childrenOf(processId: number): number[] {
  const tasks = readdirSync(`/proc/${processId}/task`);
  return tasks.flatMap((task) =>
    readFileSync(`/proc/${processId}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((id) => id !== '')
      .map(Number),
  );
}
