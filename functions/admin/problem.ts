/** Everything the API refuses, by code: the status, and what the code means. The codes are PostHog's where it has one. */
export const PROBLEMS = {
  invalid_input: [400, 'A field, parameter or header is missing or wrong; `errors` names each'],
  parse_error: [400, 'The body is not JSON'],
  not_authenticated: [401, 'The request has no `Authorization: Bearer …`'],
  authentication_failed: [401, 'There is no such token, or it was revoked'],
  permission_denied: [403, 'The token may not do this'],
  not_found: [404, 'There is no such thing, or the token may not see it'],
  method_not_allowed: [405, 'The path is there, but not for this method; `Allow` names those that are'],
  conflict: [409, 'It cannot be done as things stand; `detail` says why'],
  precondition_failed: [412, 'It was changed since the version that `If-Match` names was read'],
  payload_too_large: [413, 'The body is larger than allowed'],
  unsupported_media_type: [415, 'The body has another `Content-Type` than allowed'],
  unprocessable: [422, 'The request is well-formed, but what it brings cannot be used; `detail` or `errors` says why'],
  throttled: [429, 'Too many requests; `Retry-After` says in how many seconds to come again'],
  internal_error: [500, 'A fault of the API; the log has it under the request id'],
  upstream_failed: [502, 'Where something was to be fetched from did not give it; `detail` says what it answered'],
  unavailable: [503, 'What the API stores things in does not answer; come again'],
} as const satisfies Record<string, readonly [status: number, meaning: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One thing that is wrong with what the client sent. */
export interface FieldProblem {
  /** Where: `body.config.apiKey`, `query.limit`, `header.If-Match`. */
  path: string;
  message: string;
}

/** The request is refused. `detail` is for people, and never has a secret in it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: FieldProblem[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: FieldProblem[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.code = code;
    [this.status] = PROBLEMS[code];
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }
}

/** The body of an answer that refuses, as RFC 9457 has it. */
export function problemBody({ code, status, message, errors }: Problem, requestId: string): Record<string, unknown> {
  return {
    type: `urn:hoglet:problem:${code}`,
    title: PROBLEMS[code][1].split(';')[0],
    status,
    code,
    detail: message,
    request_id: requestId,
    ...(errors === undefined ? {} : { errors }),
  };
}
