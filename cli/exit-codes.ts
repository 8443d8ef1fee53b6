/** What `hoglet` ends with. `docs/cli.md` has the same table. */
export const EXIT_CODES = {
  0: 'It did what was asked',
  1: 'A fault of the command itself, or a plugin that failed in `hoglet test`',
  2: 'It was used wrongly: an unknown command or option, an argument that is missing or wrong, no profile',
  3: 'The API could not be reached, or has a fault; trying again may help',
  4: 'The token is missing, unknown or revoked',
  5: 'The token may not do this',
  6: 'There is no such thing, or the token may not see it',
  7: 'It was changed meanwhile, or cannot be done as things stand',
  8: 'The API refused what was sent; the error names the fields',
  9: 'Too many requests, or too much to send at once',
} as const;

export type ExitCode = keyof typeof EXIT_CODES;

/** The exit code for an answer of the API that refuses. */
export function exitCodeOf(status: number): ExitCode {
  if (status >= 500) return 3;
  const known: Record<number, ExitCode> = { 401: 4, 403: 5, 404: 6, 405: 6, 409: 7, 412: 7, 413: 9, 429: 9 };
  return known[status] ?? 8;
}
