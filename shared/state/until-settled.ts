import { createBackoff, type Patience } from './backoff.ts';

export interface Persistence extends Patience {
  /** Gives 0 to 1. */
  random: () => number;
}

/** Others may get in between for a moment only: whoever waits for a full write lets them pass. */
const FIRST_MILLISECONDS = 5;

/**
 * Attempts a write that others may get in the way of, until it is not `again`.
 *
 * @throws when it still is at the deadline, or whatever `attempt` throws.
 */
export async function untilSettled<Result>(
  { random, ...patience }: Persistence,
  what: string,
  attempt: () => Promise<Result | 'again'>,
): Promise<Result> {
  const backoff = createBackoff(patience, { firstMilliseconds: FIRST_MILLISECONDS, random });
  for (;;) {
    const result = await attempt();
    if (result !== 'again') return result;
    if (!(await backoff.pause())) throw new Error(`${what}: others changed it at every attempt until the deadline`);
  }
}
