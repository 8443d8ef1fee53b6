import { PluginFacingError, type RealmValues } from '../realm-values.ts';
import { isRefused } from '../refused-connection.ts';

/** What went wrong with a request, by the names and types of node-fetch. */
export class FetchFailure extends PluginFacingError {
  readonly type: string;
  readonly code: string | undefined;

  constructor(message: string, type: string, options: { name?: string; code?: string | undefined } = {}) {
    super(options.name ?? 'FetchError', message);
    this.type = type;
    this.code = options.code;
  }
}

export function abortion(): FetchFailure {
  return new FetchFailure('The user aborted a request.', 'aborted', { name: 'AbortError' });
}

/**
 * Says why a request did not get through: Node's own `fetch failed` says nothing, its cause does. A refused connection keeps its name.
 * `what` is the beginning of the sentence, for example `request to https://example.com/ failed, reason`.
 */
export function failureOf(error: unknown, what: string): FetchFailure {
  if (error instanceof FetchFailure) return error;
  const cause = innermost(error);
  const code = (cause as { code?: unknown }).code;
  return new FetchFailure(`${what}: ${cause.message}`, isRefused(cause) ? 'refused' : 'system', {
    ...(isRefused(cause) ? { name: cause.name } : {}),
    code: typeof code === 'string' ? code : undefined,
  });
}

/** The error at the bottom that has something to say. */
function innermost(error: unknown): Error {
  const seen = new Set<Error>();
  let found = error instanceof Error ? error : new Error(String(error));
  for (;;) {
    seen.add(found);
    const next: unknown = found instanceof AggregateError ? found.errors[0] : found.cause;
    if (!(next instanceof Error) || next.message === '' || seen.has(next)) return found;
    found = next;
  }
}

/** The error classes of one plugin's `fetch`, and how the host's errors become theirs. */
export interface FetchErrors {
  FetchError: object;
  AbortError: object;
  toError(error: unknown, label: string): unknown;
}

export function createFetchErrors(realm: RealmValues): FetchErrors {
  const makeClass = (name: string): { constructor: object; prototype: object } => {
    const create = function (this: unknown, message?: unknown, type?: unknown, systemError?: { code?: string }) {
      const made = toError(new FetchFailure(String(message ?? ''), String(type ?? ''), { name, ...systemError }), name);
      const prototype = new.target?.prototype as object | undefined;
      return Object.setPrototypeOf(made, prototype ?? create.prototype) as object;
    };
    Object.defineProperty(create, 'name', { value: name, configurable: true });
    Object.setPrototypeOf(create, realm.prototypes.function);
    // A new one: that of a function of the host leads to the host.
    const prototype = Object.create(realm.prototypes.error) as object;
    create.prototype = prototype;
    Object.defineProperty(prototype, 'constructor', { value: create, writable: true, configurable: true });
    return { constructor: create, prototype };
  };

  const toError = (error: unknown, label: string): unknown => {
    const made = realm.error(error, label);
    if (!(error instanceof FetchFailure)) return made;
    const { type, code } = error;
    Object.setPrototypeOf(made, error.name === 'AbortError' ? aborted.prototype : failed.prototype);
    return Object.assign(made as object, { type, ...(code === undefined ? {} : { code, errno: code }) });
  };

  const failed = makeClass('FetchError');
  const aborted = makeClass('AbortError');
  return { FetchError: failed.constructor, AbortError: aborted.constructor, toError };
}
