/** The time that plugins see, milliseconds since 1970. It stands still until it is set. */
export interface Clock {
  now(): number;
  set(time: number): void;
}

export function createClock(start: number): Clock {
  let time = start;
  return {
    now: () => time,
    set(next) {
      time = next;
    },
  };
}
