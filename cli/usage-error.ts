/** The command was used wrongly: its message is for the user, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
