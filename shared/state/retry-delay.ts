/** Retries after the first attempt, of an export or a job. */
const MAX_RETRIES = 15;
/** Longest time before a retry, seconds. */
const MAX_SECONDS = 18_000;

/**
 * Milliseconds before the retry of that number, from 1: 6, 12, 24 … seconds, 18,000 at the most, 21.8 hours in all. Null when there were
 * enough.
 */
export function retryDelayMilliseconds(retry: number): number | null {
  return retry > MAX_RETRIES ? null : Math.min(3 * 2 ** retry, MAX_SECONDS) * 1000;
}
