import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Clock, ClockPart } from './clock.ts';

/** A clock that runs with this machine's and can leap ahead, for tests of what takes hours. */
export interface TestClock extends Clock {
  /**
   * Lets time pass as if it had really passed: everything that falls due on the way happens at its own time, in order,
   * and is over before time goes on.
   *
   * @throws naming what is under way when it does not come to an end within `patienceMilliseconds`
   */
  advance(milliseconds: number): Promise<void>;
  /** Waits until nothing is under way any more, without a leap. */
  settle(): Promise<void>;
}

export interface TestClockOptions {
  /** What time it is now; this machine's unless given. */
  startAt?: number;
  /** How long, in this machine's time, one step may be under way. Default 60 s. */
  patienceMilliseconds?: number;
}

interface Timer {
  time: number;
  action: () => void;
}

const PATIENCE_MILLISECONDS = 60_000;
/** How often in a row nothing must be under way: what one part hands to another is seen by one of them. */
const CALM_LOOKS = 2;
const LOOK_MILLISECONDS = 1;

/** Makes a clock that is given to `startLocalStack`, and, after a stop, to the next stack with the same state. */
export function createTestClock({
  startAt = Date.now(),
  patienceMilliseconds = PATIENCE_MILLISECONDS,
}: TestClockOptions = {}): TestClock {
  let aheadMilliseconds = startAt - Date.now();
  const timers = new Set<Timer>();
  const parts = new Set<ClockPart>();
  let armed: NodeJS.Timeout | undefined;

  const now = () => Date.now() + aheadMilliseconds;
  const earliest = () => [...timers].reduce<Timer | undefined>((a, b) => (a && a.time <= b.time ? a : b), undefined);

  function fire(): void {
    for (let next = earliest(); next !== undefined && next.time <= now(); next = earliest()) {
      timers.delete(next);
      next.action();
    }
    arm();
  }

  /** Between leaps, time passes by itself. */
  function arm(): void {
    clearTimeout(armed);
    const next = earliest();
    if (next !== undefined) armed = setTimeout(fire, Math.min(2 ** 31 - 1, Math.max(0, next.time - now()))).unref();
  }

  function leapTo(time: number): void {
    aheadMilliseconds = Math.max(aheadMilliseconds, Math.ceil(time - Date.now()));
    for (const part of parts) part.shifted?.(aheadMilliseconds);
    fire();
  }

  async function settle(): Promise<void> {
    const deadline = performance.now() + patienceMilliseconds;
    for (let calm = 0; calm < CALM_LOOKS; ) {
      await nextTurn();
      const underWay = [...parts].map((part) => part.underWay?.()).find((what) => what !== undefined);
      calm = underWay === undefined ? calm + 1 : 0;
      if (underWay === undefined) continue;
      if (performance.now() > deadline) {
        throw new Error(`The clock waited ${patienceMilliseconds / 1000} s to leap: ${underWay}`);
      }
      await sleep(LOOK_MILLISECONDS);
    }
  }

  return {
    now,
    leaps: true,
    at(time, action) {
      const timer = { time, action };
      timers.add(timer);
      arm();
      return () => {
        timers.delete(timer);
        arm();
      };
    },
    attach(part) {
      parts.add(part);
      part.shifted?.(aheadMilliseconds);
      return () => void parts.delete(part);
    },
    settle,
    async advance(milliseconds) {
      const end = now() + milliseconds;
      for (;;) {
        await settle();
        const due = [earliest()?.time, ...[...parts].map((part) => part.dueAt?.())].filter(
          (time) => time !== undefined,
        );
        const next = Math.min(...due);
        if (next > end) break;
        leapTo(next);
      }
      leapTo(end);
      await settle();
    },
  };
}
