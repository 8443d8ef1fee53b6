/** Where a local stack has its time from. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number;
  /** Whether time can pass otherwise than on this machine. Functions are told what time it is then. */
  leaps: boolean;
  /** Calls `action` once `now()` has reached `time`, in the order of the times. Gives what takes it back. */
  at(time: number, action: () => void): () => void;
  /** Tells a clock that leaps what goes on, so that it never leaps over it. Gives what ends that. */
  attach(part: ClockPart): () => void;
}

/** A part of the stack in which something happens by itself. */
export interface ClockPart {
  /** What is under way right now, for people; time stands still for leaps until this is `undefined`. */
  underWay?(): string | undefined;
  /** When the part goes on by itself, if that is at a certain time and not told to `at`. */
  dueAt?(): number | undefined;
  /** Told at once, and after each leap, how far ahead of this machine the clock is. */
  shifted?(aheadMilliseconds: number): void;
}

/** The longest that a timer of Node.js can wait, some 24.8 days. */
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

/** The time of this machine. */
export const machineClock: Clock = {
  now: () => Date.now(),
  leaps: false,
  at(time, action) {
    let timer: NodeJS.Timeout;
    const wait = () => {
      const left = time - Date.now();
      timer =
        left > LONGEST_TIMER_MILLISECONDS
          ? setTimeout(wait, LONGEST_TIMER_MILLISECONDS)
          : setTimeout(action, Math.max(0, left));
    };
    wait();
    return () => clearTimeout(timer);
  },
  attach: () => () => {},
};
