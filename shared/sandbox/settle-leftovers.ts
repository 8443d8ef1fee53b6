import type { HostState } from './meta/host-state.ts';
import type { PluginBuffers } from './meta/plugin-buffers.ts';
import type { PendingWork } from './pending-work.ts';

export interface LeftoverDeps {
  work: PendingWork;
  state: Pick<HostState, 'flush' | 'answered'>;
  buffers: Pick<PluginBuffers, 'isEmpty' | 'flush' | 'reportLeft'>;
  /** Milliseconds, steady. */
  clock: () => number;
  /** In careful runs: names the plugin whose code runs next. */
  announce?: (plugin: number) => Promise<void>;
}

/** A flush may fill another buffer. One that fills its own each time must not keep the batch. */
const MAX_BUFFER_ROUNDS = 10;

/**
 * Flushes plugins' buffers, waits for what plugins began and did not await, and stores what they set. One step of a chain leads to the
 * next (a read, then a set), so it goes round until nothing is pending and nothing was written; what goes on for longer than the limit is
 * left to itself. State that was asked for is not: the parent answers in time, and a batch without it must not be acknowledged.
 *
 * @throws when state could not be had or stored
 */
export async function settleLeftovers(deps: LeftoverDeps, limitMilliseconds: number): Promise<void> {
  const { work, state, buffers, clock, announce } = deps;
  const end = clock() + limitMilliseconds;
  for (let round = 1; ; round++) {
    const mayFlush = round <= MAX_BUFFER_ROUNDS;
    // Before the wait: a plugin that takes up all of it must not keep the objects of another.
    if (mayFlush && !buffers.isEmpty()) await buffers.flush(announce);
    await work.settled(Math.max(0, end - clock()));
    // The plugin goes on in the microtasks; rejections that nobody handles are told after them: they still belong to this step.
    await new Promise((resolve) => setImmediate(resolve));
    const wrote = await state.flush();
    const isDone = !wrote && work.isIdle() && (buffers.isEmpty() || !mayFlush);
    if (isDone || clock() >= end) break;
  }
  await state.answered();
  await state.flush();
  buffers.reportLeft();
}
