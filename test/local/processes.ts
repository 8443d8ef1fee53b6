import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Ids of the processes of a group that are neither gone nor waiting to be reaped. */
export function livingInGroup(groupId: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const [state, , group] = fields(name);
      return Number(group) === groupId && state !== 'Z';
    })
    .map(Number);
}

/** A process's state, one letter: `T` is stopped. `undefined` when it is gone. */
export function stateOf(processId: number): string | undefined {
  return fields(String(processId))[0];
}

/** State, parent, group and so on: what follows the program's name in brackets. */
function fields(processId: string): string[] {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/**
 * Waits until a condition holds.
 *
 * @throws naming what was waited for, after 10 s
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited 10 s for: ${what}`);
    await sleep(10);
  }
}
