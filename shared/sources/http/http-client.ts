import { setTimeout as startTimer } from 'node:timers';
import type { Secret } from '../secret.ts';
import { SourceError } from '../source-error.ts';
import { SOURCE_LIMITS } from '../source-limits.ts';
import { refuseUrl } from './guarded-lookup.ts';
import { type Answer, requestOnce } from './request-once.ts';
import { backoffMilliseconds, retryHint } from './retry-wait.ts';

/** A token and what it is called in messages: `GITHUB_TOKEN`, `private_token`. */
export interface Credential {
  name: string;
  token: Secret;
}

export interface GetRequest {
  url: string;
  headers?: Record<string, string>;
  /** Sent as `authorization: Bearer`, to the origin of `url` alone. */
  credential?: Credential | undefined;
  /** The setting that would give the site a token: advice for when it takes no more requests. */
  tokenName?: string;
  maxBytes: number;
  /** Looks at what arrived. @throws SourceError `damaged`, upon which it is asked for once more. */
  verify?(body: Buffer): void;
}

export interface HttpClientDeps {
  /** Hosts that may be spoken to over HTTP and at private addresses, with port: `127.0.0.1:4873`. */
  allowedHosts: readonly string[];
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Hears of attempts that failed and are repeated. Neither text has a query or a token in it. */
  warn(message: string, details: Record<string, unknown>): void;
  /** Absent: as `SOURCE_LIMITS` has them. */
  limits?: { requestSeconds: number; silenceSeconds: number };
}

export interface HttpClient {
  /**
   * Fetches a URL. Redirects are followed; one to another origin goes without the token from there on. What may pass (5xx, 429, broken
   * connections) is tried again, as long as the site asks for no longer wait than there is time for.
   *
   * @returns any answer that is not 5xx, among them 304 and 4xx: those mean something else to each site.
   * @throws SourceError: `unreachable`, `rate_limited`, `refused_address`, `too_large`, `damaged`.
   */
  get(request: GetRequest): Promise<Answer>;
}

const DAMAGED_ATTEMPTS = 2;

export function createHttpClient(deps: HttpClientDeps): HttpClient {
  const { requestSeconds } = deps.limits ?? SOURCE_LIMITS;
  return {
    async get(request) {
      const end = deps.now() + requestSeconds * 1000;
      const controller = new AbortController();
      const timer = startTimer(
        () => controller.abort(new Error(`it takes longer than ${requestSeconds} s`)),
        requestSeconds * 1000,
      );
      try {
        for (let attempt = 1; ; attempt++) {
          const outcome = await attemptOf(request, deps, controller.signal);
          if ('answer' in outcome) return outcome.answer;
          const { error } = outcome;
          const wait = error.retryAt === undefined ? backoffMilliseconds(attempt) : error.retryAt - deps.now();
          const attempts = error.code === 'damaged' ? DAMAGED_ATTEMPTS : SOURCE_LIMITS.attempts;
          const isWorthIt = error.mayPass && attempt < attempts && wait <= SOURCE_LIMITS.waitSeconds * 1000;
          if (!isWorthIt || deps.now() + wait >= end) throw error;
          deps.warn('A request for a plugin is repeated', {
            host: new URL(request.url).host,
            attempt,
            code: error.code,
          });
          await deps.sleep(Math.max(0, wait));
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

type Outcome = { answer: Answer } | { error: SourceError };

async function attemptOf(request: GetRequest, deps: HttpClientDeps, signal: AbortSignal): Promise<Outcome> {
  try {
    const { answer, url } = await follow(request, deps, signal);
    const { isLimited, retryAt } = retryHint(answer, deps.now());
    if (isLimited) return { error: limited(url, request, retryAt) };
    if (answer.status >= 500) return { error: failing(url, answer.status, retryAt) };
    if (answer.status >= 200 && answer.status < 300) request.verify?.(answer.body);
    return { answer };
  } catch (error) {
    if (error instanceof SourceError) return { error };
    throw error;
  }
}

async function follow(
  { url: start, headers = {}, credential, maxBytes }: GetRequest,
  { allowedHosts, limits: { silenceSeconds } = SOURCE_LIMITS }: HttpClientDeps,
  signal: AbortSignal,
): Promise<{ answer: Answer; url: URL }> {
  let url = new URL(start);
  let token = credential?.token;
  for (let redirects = 0; ; redirects++) {
    refuseUrl(url, allowedHosts);
    const authorization: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` };
    const isAllowed = allowedHosts.includes(url.host);
    const answer = await requestOnce({
      url,
      headers: { ...headers, ...authorization },
      maxBytes,
      isAllowed,
      silenceSeconds,
      signal,
    });
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return { answer, url };
    // A location may hold a token of the site's own, so it is never told.
    const next = URL.parse(location, url.href);
    if (next === null || !['http:', 'https:'].includes(next.protocol) || redirects === SOURCE_LIMITS.redirects) {
      const problem =
        redirects === SOURCE_LIMITS.redirects ? `redirects more than ${redirects} times` : 'redirects to no URL';
      throw new SourceError('unreachable', `${url.host} ${problem}.`, { mayPass: false });
    }
    if (next.origin !== url.origin) token = undefined;
    next.username = '';
    next.password = '';
    url = next;
  }
}

function limited(url: URL, { credential, tokenName }: GetRequest, retryAt: number | null): SourceError {
  const until = retryAt === null ? 'for now' : `before ${new Date(retryAt).toISOString()}`;
  const advice =
    credential === undefined && tokenName !== undefined ? ` Set ${tokenName}, with which it takes more.` : '';
  return new SourceError('rate_limited', `${url.host} takes no more requests ${until}.${advice}`, { retryAt });
}

function failing(url: URL, status: number, retryAt: number | null): SourceError {
  return new SourceError('unreachable', `${url.host} answered with its own error ${status}. Try again later.`, {
    retryAt,
  });
}
