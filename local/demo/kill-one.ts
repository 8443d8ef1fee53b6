import type { LocalFunction } from '../lambda/local-function.ts';

export interface KillOneDeps {
  victim: Pick<LocalFunction, 'environments'>;
  sleep: (milliseconds: number) => Promise<void>;
  signal: AbortSignal;
}

const LOOK_EVERY_MILLISECONDS = 2;

/** Long enough for a batch to be in the middle of its plugins, short enough that it is not over yet. */
const AT_WORK_MILLISECONDS = 20;

/** Kills a process of the function, as a crash would, in the middle of a batch. Gives how many it has killed when it is over: one or, when none was at work, none. */
export async function killOne({ victim, sleep, signal }: KillOneDeps): Promise<number> {
  while (!signal.aborted) {
    const atWork = () => victim.environments().find(({ state }) => state === 'busy')?.processId;
    const target = atWork();
    if (target !== undefined) {
      await sleep(AT_WORK_MILLISECONDS);
      if (atWork() === target && isKilled(target)) return 1;
    }
    await sleep(LOOK_EVERY_MILLISECONDS);
  }
  return 0;
}

function isKilled(processId: number): boolean {
  try {
    return process.kill(processId, 'SIGKILL');
  } catch {
    return false;
  }
}
