import { type ExitCode, exitCodeOf } from './exit-codes.ts';

/** The API refused, or could not be asked. Its message says what to do. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly exitCode: ExitCode;
  /** The problem as the API told it; absent when it was not reached. */
  readonly problem: Record<string, unknown> | undefined;

  constructor(message: string, more: { status?: number; problem?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.exitCode = more.status === undefined ? 3 : exitCodeOf(more.status);
    this.problem = more.problem;
  }
}

/** What can be done about it, by the problem's code. */
const ADVICE: Record<string, string> = {
  not_authenticated: 'Give --token, or set HOGLET_TOKEN.',
  authentication_failed: 'Check the token, or make a new one with `hoglet tokens create`.',
  permission_denied: 'Use a token with more scope; `hoglet tokens list` shows what there is.',
  precondition_failed: 'Read it again, and repeat the change on what is there now.',
};

/** Makes an error of an answer that refuses. */
export function refusal(status: number, body: string): ApiError {
  const problem = parse(body);
  if (problem === undefined) {
    return new ApiError(`The API answered ${status}, which is no answer of Hoglet's. Is the URL right?`, { status });
  }
  const { code, detail, errors = [], request_id: requestId } = problem;
  const fields = (errors as { path: string; message: string }[]).map(({ path, message }) => `  ${path}: ${message}`);
  const advice = ADVICE[String(code)];
  const lines = [
    fields.length > 0 ? 'The API refused what was sent:' : String(detail),
    ...fields,
    ...(advice === undefined ? [] : [advice]),
    ...(status >= 500 ? [`Request id, for the log of the admin function: ${String(requestId)}`] : []),
  ];
  return new ApiError(lines.join('\n'), { status, problem });
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const problem = JSON.parse(body) as Record<string, unknown>;
    return typeof problem?.['code'] === 'string' ? problem : undefined;
  } catch {
    return undefined;
  }
}
