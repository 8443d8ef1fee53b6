import type { Answer } from './request-once.ts';

/** What a site says about when to come again. */
export interface RetryHint {
  /** The site takes no more requests of this kind for now. */
  isLimited: boolean;
  /** Milliseconds since 1970; null when it did not say. */
  retryAt: number | null;
}

/**
 * Reads limits of rates: 429 in general, and GitHub's 403, which is one only when its headers say so. GitHub and GitLab name the end
 * in `x-ratelimit-reset` and `ratelimit-reset`, seconds since 1970.
 */
export function retryHint({ status, headers }: Pick<Answer, 'status' | 'headers'>, now: number): RetryHint {
  const isUsedUp = headers['x-ratelimit-remaining'] === '0' || headers['ratelimit-remaining'] === '0';
  const retryAfter = headers['retry-after'];
  const isLimited = status === 429 || (status === 403 && (isUsedUp || retryAfter !== undefined));
  const reset = Number(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset']);
  if (retryAfter !== undefined) return { isLimited, retryAt: readRetryAfter(retryAfter, now) };
  return { isLimited, retryAt: isLimited && reset > 0 ? reset * 1000 : null };
}

/** Seconds, or a date. */
function readRetryAfter(text: string, now: number): number | null {
  if (/^\d{1,9}$/.test(text)) return now + Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : date;
}

const FIRST_WAIT_MILLISECONDS = 500;

/** The wait before a further attempt when nobody named one: 0.5 s, 1 s. */
export function backoffMilliseconds(attempt: number): number {
  return FIRST_WAIT_MILLISECONDS * 2 ** (attempt - 1);
}
