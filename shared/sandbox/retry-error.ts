/** What a plugin throws to be called again later. One class for every realm, so `instanceof` holds within plugins. */
export class RetryError extends Error {
  override readonly name: string = 'RetryError';

  /** Takes a message, or an error, whose text becomes the message and which is kept as the cause. */
  constructor(reason?: unknown) {
    super(
      reason === undefined ? undefined : String(reason),
      typeof reason === 'object' ? { cause: reason } : undefined,
    );
  }
}

/** Tells a RetryError, or a subclass of one, by name: errors may come from another realm or another copy of the class. */
export function asksForRetry(error: unknown): boolean {
  if (typeof error === 'object' && error !== null && 'name' in error && error.name === 'RetryError') return true;
  for (let owner: unknown = error, depth = 0; owner !== null && typeof owner === 'object' && depth < 10; depth++) {
    if ((owner as { constructor?: { name?: unknown } }).constructor?.name === 'RetryError') return true;
    owner = Object.getPrototypeOf(owner);
  }
  return false;
}
