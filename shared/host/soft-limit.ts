/**
 * How long the child may begin new work, milliseconds, when all must be done after `leftMilliseconds`: what is under way then may take a
 * hook's time to end and be noticed, and what it leaves behind has to be waited for.
 */
export function softLimitMilliseconds(leftMilliseconds: number, hookTimeoutMilliseconds: number): number {
  return Math.max(leftMilliseconds / 2, leftMilliseconds - 1.3 * hookTimeoutMilliseconds - 1000);
}
