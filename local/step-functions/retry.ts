import type { Catcher, Retrier } from './definition.ts';
import type { StatesError } from './states-error.ts';

/** Step Functions' defaults. */
const INTERVAL_SECONDS = 1;
const BACKOFF_RATE = 2;
const MAX_ATTEMPTS = 3;

/** Errors that no wildcard covers; the first can be named, the second not even that. */
const BEYOND_WILDCARDS = ['States.DataLimitExceeded', 'States.Runtime'];

/** Whether a list of error names covers an error. `States.TaskFailed` covers all but a timeout. */
export function covers(errorNames: readonly string[], { error }: StatesError): boolean {
  if (error === 'States.Runtime') return false;
  if (errorNames.includes(error)) return true;
  if (BEYOND_WILDCARDS.includes(error)) return false;
  return errorNames.includes('States.ALL') || (errorNames.includes('States.TaskFailed') && error !== 'States.Timeout');
}

/**
 * Gives how long a state waits before it is tried again, by the first retrier that covers the error.
 *
 * @param used how often each retrier has had the state tried again; the one that is used now is counted
 * @returns seconds; `undefined` when it is not tried again
 */
export function retryDelaySeconds(
  retriers: readonly Retrier[],
  error: StatesError,
  used: Map<Retrier, number>,
): number | undefined {
  const retrier = retriers.find(({ ErrorEquals }) => covers(ErrorEquals, error));
  if (retrier === undefined) return undefined;
  const { IntervalSeconds = INTERVAL_SECONDS, BackoffRate = BACKOFF_RATE, MaxAttempts = MAX_ATTEMPTS } = retrier;
  const count = used.get(retrier) ?? 0;
  if (count >= MaxAttempts) return undefined;
  used.set(retrier, count + 1);
  return Math.min(IntervalSeconds * BackoffRate ** count, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
}

export function catcherOf(catchers: readonly Catcher[], error: StatesError): Catcher | undefined {
  return catchers.find(({ ErrorEquals }) => covers(ErrorEquals, error));
}
