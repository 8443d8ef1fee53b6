import type { HostState } from './meta/host-state.ts';
import type { PendingWork } from './pending-work.ts';

export interface LeftoverDeps {
  work: PendingWork;
  state: Pick<HostState, 'flush'>;
  /** Milliseconds, steady. */
  clock: () => number;
}

/**
 * Waits for what plugins began and did not await, and stores what they set. One step of a chain leads to the next (a read, then a set),
 * so it goes round until nothing is pending and nothing was written; what goes on for longer than the limit is left to itself.
 */
export async function settleLeftovers({ work, state, clock }: LeftoverDeps, limitMilliseconds: number): Promise<void> {
  const end = clock() + limitMilliseconds;
  for (;;) {
    await work.settled(Math.max(0, end - clock()));
    // The plugin goes on in the microtasks; rejections that nobody handles are told after them: they still belong to this step.
    await new Promise((resolve) => setImmediate(resolve));
    const wrote = await state.flush();
    if (clock() >= end || (!wrote && work.isIdle())) return;
  }
}
