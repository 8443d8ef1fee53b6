import { refusalCode } from '../../shared/registry/registry-refusal.ts';
import type { AdminDeps } from './admin-deps.ts';
import { withAudit } from './audit.ts';
import type { Caller } from './caller.ts';
import type { Exchange, Serve } from './exchange.ts';
import { changedMeanwhile } from './if-match.ts';
import { Problem } from './problem.ts';
import { inputProblem, queryOf, readInput } from './read-input.ts';
import type { Answer, Route, RouteRequest } from './route.ts';

/** What AWS lets through at all; a route with its own limit is below it. */
const MOST_EXPECTED_BYTES = 6_291_556;

/** The innermost: reads the input, lets the route's handler answer, and writes each change into the audit log. */
export function answerRoute(deps: AdminDeps): Serve {
  return async (exchange) => {
    const { route, http, requestId, caller } = exchange as Exchange & { route: Route; caller: Caller };
    const declaredBytes = Number(http.req.header('content-length') ?? 0);
    if (declaredBytes > MOST_EXPECTED_BYTES) throw new Problem('payload_too_large', 'The body is above 6 MB');
    const url = new URL(http.req.url);
    const input = readInput(route, {
      params: http.req.param(),
      query: queryOf(url.searchParams),
      contentType: http.req.header('content-type'),
      body: new Uint8Array(await http.req.arrayBuffer()),
    });
    const request = { ...input, caller, requestId, ifMatch: readIfMatch(http.req.header('if-match')), url };
    const handle = async () => {
      try {
        return await route.handle(deps, request as unknown as RouteRequest<never, never, never>);
      } catch (error) {
        // Somebody was faster, after the version was compared.
        const wasFaster = [error, (error as Error).cause].some((each) => refusalCode(each ?? {}) === 'conflict');
        throw wasFaster && request.ifMatch !== undefined ? changedMeanwhile() : error;
      }
    };
    const isChange = route.method !== 'get' && route.audited !== false;
    return responseOf(await (isChange ? withAudit(deps, exchange, handle) : handle()));
  };
}

function responseOf({ status, body, etag }: Answer): Response {
  const headers: Record<string, string> = etag === undefined ? {} : { etag: `"${etag}"` };
  if (body === undefined) return new Response(null, { status, headers });
  return new Response(JSON.stringify(body), { status, headers: { ...headers, 'content-type': 'application/json' } });
}

/** A proxy may have made the tag a weak one. `*` insists on nothing: what is not there is a 404 anyway. */
function readIfMatch(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const tag = /^ *(?:W\/)?"([^"]*)" *$/.exec(header)?.[1];
  if (tag === undefined) throw inputProblem([{ path: 'header.If-Match', message: 'must be one ETag in quotes, or *' }]);
  return tag;
}
