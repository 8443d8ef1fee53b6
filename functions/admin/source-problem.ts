import type { SourceError, SourceErrorCode } from '../../shared/sources/source-error.ts';
import { Problem, type ProblemCode } from './problem.ts';

const CODES: Record<SourceErrorCode, ProblemCode> = {
  unknown_source: 'unprocessable',
  not_found: 'unprocessable',
  unauthorised: 'unprocessable',
  rate_limited: 'upstream_failed',
  unreachable: 'upstream_failed',
  refused_address: 'unprocessable',
  too_large: 'unprocessable',
  damaged: 'upstream_failed',
  bad_archive: 'unprocessable',
  bad_plugin: 'unprocessable',
};

/** Makes a problem of a plugin that cannot be had; null for any other error. Its text is for whoever installs it. */
export function problemOfSource(error: unknown): Problem | null {
  const { name, code, message, retryAt } = error as SourceError;
  if (name !== 'SourceError') return null;
  const more = retryAt === undefined ? '' : ` Come again at ${new Date(retryAt).toISOString()}.`;
  return new Problem(CODES[code], `${message}${more}`, { cause: error });
}
