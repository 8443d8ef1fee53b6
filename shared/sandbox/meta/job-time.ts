const SECOND = 1000;
const DAY = 24 * 60 * 60 * SECOND;

/** Milliseconds of each unit that `runIn` takes. A month is 30 days, a quarter 91 and a year 365. */
const UNITS = new Map([
  ['milliseconds', 1],
  ['seconds', SECOND],
  ['minutes', 60 * SECOND],
  ['hours', 60 * 60 * SECOND],
  ['days', DAY],
  ['weeks', 7 * DAY],
  ['months', 30 * DAY],
  ['quarters', 91 * DAY],
  ['years', 365 * DAY],
]);

/**
 * The time of `runIn(duration, unit)`, milliseconds; negative for one that has passed. Units are lower case, singular or plural.
 *
 * @throws for an unknown unit, in PostHog's words, and for a duration that is no number.
 */
export function jobDelayMilliseconds(duration: unknown, unit: unknown): number {
  const text = String(unit);
  const plural = text.endsWith('s') ? text : `${text}s`;
  const unitMilliseconds = UNITS.get(plural);
  if (unitMilliseconds === undefined) throw new Error(`Unknown time unit: ${plural}`);
  const number = typeof duration === 'string' && duration.trim() === '' ? Number.NaN : Number(duration);
  if (!Number.isFinite(number))
    throw new Error(`runIn expects a number of ${plural} as its first argument; got ${describe(duration)}`);
  return number * unitMilliseconds;
}

/**
 * The time of `runAt(date)`, milliseconds since 1970. Takes a Date of any realm, milliseconds, or a text that a Date can be made of.
 *
 * @throws when it is none of them.
 */
export function jobTime(date: unknown): number {
  const value = typeof date === 'object' && date !== null ? Reflect.apply(valueOf, date, []) : date;
  const time = typeof value === 'string' ? Date.parse(value) : value;
  if (typeof time === 'number' && Number.isFinite(time)) return time;
  throw new Error(`runAt expects a valid Date; got ${describe(date)}`);
}

function valueOf(this: { valueOf(): unknown }): unknown {
  return this.valueOf();
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
