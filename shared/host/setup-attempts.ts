/** How often `setupPlugin` was tried, and when it is due again, milliseconds since 1970. */
export interface SetupAttempts {
  made: number;
  nextAt: number;
}

/** Attempts in all, and the first delay: 3, 6, 12 … 768 s, 25.5 minutes together, as PostHog did it. */
const MAX_ATTEMPTS = 10;
const FIRST_DELAY_MILLISECONDS = 3000;

/** The plan after one more attempt that asked to be retried; null when there were enough. */
export function nextSetupAttempt(before: SetupAttempts | undefined, now: number): SetupAttempts | null {
  const made = (before?.made ?? 0) + 1;
  if (made >= MAX_ATTEMPTS) return null;
  return { made, nextAt: now + FIRST_DELAY_MILLISECONDS * 2 ** (made - 1) };
}
