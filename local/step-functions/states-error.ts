/** An error by its name in the Amazon States Language, which `Retry` and `Catch` look at. */
export class StatesError extends Error {
  override name = 'StatesError';
  /** `States.Timeout`, or the type of what a function threw. */
  readonly error: string;

  constructor(error: string, cause: string) {
    super(cause);
    this.error = error;
  }
}

/** What goes wrong in the state machine itself; neither retried nor caught. */
export function runtimeError(cause: string): StatesError {
  return new StatesError('States.Runtime', cause);
}
