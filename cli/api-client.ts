import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, refusal } from './api-error.ts';
import type { Profile } from './resolve-config.ts';

export interface ApiRequest {
  /** With a slash at both ends. */
  path: string;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A list is the same parameter for each of its values. */
  query?: Record<string, string | number | readonly string[] | undefined>;
  /** It may be asked again though it changes something: done twice, it is as if done once. */
  repeatable?: boolean;
  /** Becomes JSON; bytes are sent as they are. */
  body?: unknown;
  /** The version that is to be changed. */
  ifMatch?: string | undefined;
}

export interface ApiAnswer<T> {
  body: T;
  etag: string | undefined;
}

export interface ApiClient {
  /** @throws ApiError */
  request<T>(request: ApiRequest): Promise<ApiAnswer<T>>;
  /** All results of a list, page by page. */
  listAll<T>(path: string, query?: ApiRequest['query']): Promise<T[]>;
}

/** A build of a plugin takes some seconds; Lambda ends what takes longer than the function's timeout. */
const TIMEOUT_MILLISECONDS = 120_000;
const PAUSES_MILLISECONDS = [300, 1_000, 3_000];
const LONGEST_PAUSE_MILLISECONDS = 10_000;

/** A change may have been made though its answer was lost: only what can be asked twice is asked again. */
const ASKED_AGAIN = ['GET', 'PUT', 'DELETE'];

/** Talks to the admin API. What can be asked twice is asked again, three times, when the API does not answer or is busy. */
export function createApiClient({ url, token }: Profile): ApiClient {
  async function once({ path, method = 'GET', query = {}, body, ifMatch }: ApiRequest): Promise<Response> {
    const target = new URL(`${url}${path}`);
    for (const [name, value = []] of Object.entries(query))
      for (const one of [value].flat()) target.searchParams.append(name, String(one));
    const isBytes = body instanceof Uint8Array;
    return fetch(target, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'user-agent': 'hoglet-cli',
        ...(body === undefined ? {} : { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
      // The token is for this host alone.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
  }

  async function request<T>(asked: ApiRequest): Promise<ApiAnswer<T>> {
    for (let attempt = 0; ; attempt++) {
      const outcome = await once(asked).catch((error: unknown) => error as Error);
      const pause = pauseBefore(outcome, isAskedAgain(asked), attempt);
      if (pause !== null) {
        await sleep(pause);
        continue;
      }
      if (outcome instanceof Error) throw unreachable(url, outcome);
      const text = await outcome.text();
      if (!outcome.ok) throw refusal(outcome.status, text);
      return { body: parse(text, url) as T, etag: outcome.headers.get('etag') ?? undefined };
    }
  }

  return {
    request,
    async listAll<T>(path: string, query: ApiRequest['query'] = {}) {
      const results: T[] = [];
      for (;;) {
        const { body } = await request<{ next: string | null; results: T[] }>({
          path,
          query: { ...query, offset: results.length },
        });
        results.push(...body.results);
        if (body.next === null || body.results.length === 0) return results;
      }
    },
  };
}

function isAskedAgain({ method = 'GET', repeatable }: ApiRequest): boolean {
  return repeatable === true || ASKED_AGAIN.includes(method);
}

/** Milliseconds to wait before asking again; null when the outcome stands. */
function pauseBefore(outcome: Response | Error, mayAsk: boolean, attempt: number): number | null {
  const pause = PAUSES_MILLISECONDS[attempt];
  if (pause === undefined) return null;
  if (outcome instanceof Error) return mayAsk && outcome.name !== 'TimeoutError' ? pause : null;
  // A request that was held off was not worked on.
  const isBusy = outcome.status === 429 || (outcome.status >= 502 && mayAsk);
  if (!isBusy) return null;
  const wanted = Number(outcome.headers.get('retry-after') ?? 0) * 1000;
  return wanted > LONGEST_PAUSE_MILLISECONDS ? null : Math.max(pause, wanted);
}

function unreachable(url: string, error: Error): ApiError {
  const cause = error.cause instanceof Error ? error.cause.message : error.message;
  const reason = error.name === 'TimeoutError' ? `no answer within ${TIMEOUT_MILLISECONDS / 1000} s` : cause;
  return new ApiError(`${url} cannot be reached: ${reason}. Is the stack up (\`npm start\`), and the URL right?`, {
    cause: error,
  });
}

function parse(text: string, url: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError(`${url} answered with something other than JSON. Is the URL right?`, { cause });
  }
}
