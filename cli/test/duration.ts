import { jobDelayMilliseconds } from '../../shared/sandbox/meta/job-time.ts';

/**
 * Reads `30 minutes`, `1 day`: a number and a unit as `runIn` takes them. Gives milliseconds.
 *
 * @throws when it is no such text.
 */
export function parseDuration(text: string): number {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s+([a-z]+)\s*$/.exec(text) ?? [];
  if (number === undefined || unit === undefined)
    throw new Error('must be a number and a unit, such as "90 seconds" or "1 day"');
  return Math.round(jobDelayMilliseconds(Number(number), unit));
}
