import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';

/** The invocation that is under way, of which a process has one at a time. */
export interface CurrentInvocation {
  /** Does the work of an invocation. Whatever it has begun and not awaited is aborted when it ends, so that nothing goes on in the next one. */
  run<Result>(context: Pick<Context, 'getRemainingTimeInMillis'>, work: () => Promise<Result>): Promise<Result>;
  /** Aborts when the invocation ends, or is about to be ended; undefined between invocations. */
  signal(): AbortSignal | undefined;
  /** When it is ended, milliseconds since 1970; infinity between invocations. */
  endsAt(): number;
  /** @throws AbortError when the invocation ends first. */
  sleep(milliseconds: number): Promise<void>;
}

/** What is left to tell of a call that is aborted for want of time. */
const LAST_WORDS_MILLISECONDS = 500;

/** @param now milliseconds since 1970 */
export function createCurrentInvocation(now: () => number): CurrentInvocation {
  let current: { signal: AbortSignal; endsAt: number } | undefined;
  return {
    async run(context, work) {
      const left = context.getRemainingTimeInMillis();
      const ending = new AbortController();
      const timer = setTimeout(() => ending.abort(), Math.max(0, left - LAST_WORDS_MILLISECONDS));
      current = { signal: ending.signal, endsAt: now() + left };
      try {
        return await work();
      } finally {
        current = undefined;
        clearTimeout(timer);
        ending.abort();
      }
    },
    signal: () => current?.signal,
    endsAt: () => current?.endsAt ?? Number.POSITIVE_INFINITY,
    sleep: async (milliseconds) => sleep(milliseconds, undefined, current && { signal: current.signal }),
  };
}
