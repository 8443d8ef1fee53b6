/** Errors of DynamoDB with status 400 that pass. */
const PASSING = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'ReplicatedWriteConflictException',
]);

/**
 * Whether an error of an AWS call may pass: throttling, a fault of the service, or no answer at all. Everything else says that the request
 * is wrong or not allowed, and stays so.
 */
export function mayBeTriedAgain(error: unknown): boolean {
  const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
  if (PASSING.has(name)) return true;
  const status = $metadata?.httpStatusCode;
  return status === undefined ? isNetworkError(error) : status >= 500;
}

const NO_ANSWER = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)/;

function isNetworkError(error: unknown): boolean {
  const { name, code, message } = error as { name: string; code?: unknown; message: string };
  if (name === 'TimeoutError' || name === 'NetworkingError') return true;
  return NO_ANSWER.test(String(code ?? '')) || message === 'socket hang up';
}
