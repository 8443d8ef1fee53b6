export interface Patience {
  /** Milliseconds since 1970. */
  now: () => number;
  sleep: (milliseconds: number) => Promise<void>;
  /** When the caller gives up, milliseconds since 1970, asked for at the start of each call; 10 s from then at the latest. */
  deadline?: (() => number) | undefined;
}

export interface Backoff {
  /** Waits, twice as long as the last time; at once false when it would wait past the deadline. */
  pause(): Promise<boolean>;
  /** There was progress: the next wait is short again. */
  reset(): void;
}

export interface BackoffOptions {
  firstMilliseconds?: number;
  /** Gives 0 to 1, by which a wait is multiplied, so that those who got in each other's way do not meet again. */
  random?: () => number;
}

const FIRST_MILLISECONDS = 50;
const LONGEST_MILLISECONDS = 1600;
/** Throttling that lasts longer does not go away within an invocation; the batch then comes again. */
const MAX_WAITED_MILLISECONDS = 10_000;

/** When a call that begins now is given up, milliseconds since 1970. */
export function deadlineOf({ now, deadline }: Patience): number {
  return Math.min(now() + MAX_WAITED_MILLISECONDS, deadline?.() ?? Number.POSITIVE_INFINITY);
}

export function createBackoff(patience: Patience, options: BackoffOptions = {}): Backoff {
  const { firstMilliseconds = FIRST_MILLISECONDS, random } = options;
  const { now, sleep } = patience;
  const until = deadlineOf(patience);
  // Counted as well as timed: a clock that stands still must not make anybody wait for ever.
  let left = until - now();
  let wait = firstMilliseconds;
  return {
    async pause() {
      const milliseconds = random === undefined ? wait : wait * random();
      if (milliseconds > left || now() + milliseconds > until) return false;
      left -= milliseconds;
      wait = Math.min(2 * wait, LONGEST_MILLISECONDS);
      await sleep(milliseconds);
      return true;
    },
    reset() {
      wait = firstMilliseconds;
    },
  };
}
