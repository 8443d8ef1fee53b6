/** One call of a function: `payload` is JSON text. */
export interface Invocation {
  requestId: string;
  payload: string;
}

/** Why an invocation failed, in the words and types of Lambda. */
export interface InvocationError {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

/** What an invocation ended with: `payload` is the JSON text that the handler's result became. */
export type InvocationResult = { payload: string } | { error: InvocationError };
