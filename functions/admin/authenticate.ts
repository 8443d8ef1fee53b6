import type { Access } from './caller.ts';
import { checkScope } from './caller.ts';
import type { Exchange, Serve } from './exchange.ts';
import { Problem } from './problem.ts';
import type { TokenBuckets } from './token-bucket.ts';

export interface AuthenticateDeps {
  /** Finds out whose token it is; null when it is nobody's or was revoked. Takes the same time for both. */
  authenticate(token: string): Promise<{ tokenId: string; access: Access } | null>;
  /** Requests of a token. */
  requests: TokenBuckets;
  /** Failures of an address. */
  failures: TokenBuckets;
}

/** Lets only those through who have a token for the route, and not too often. Puts the caller into the exchange. */
export function authenticate(deps: AuthenticateDeps, serve: Serve): Serve {
  return async (exchange) => {
    const scope = exchange.route?.scope ?? 'token';
    exchange.caller =
      scope === 'public'
        ? { tokenId: null, access: { kind: 'read', projectIds: [] }, ip: exchange.ip }
        : await identify(deps, exchange);
    checkScope(exchange.caller, scope);
    return serve(exchange);
  };
}

async function identify({ authenticate: find, requests, failures }: AuthenticateDeps, { http, ip }: Exchange) {
  refuseFor(failures.wait(ip), 'Too many requests of this address had no valid token');
  const token = /^bearer +([\x21-\x7e]+) *$/i.exec(http.req.header('authorization') ?? '')?.[1];
  const found = token === undefined ? null : await find(token);
  if (found === null) {
    failures.take(ip);
    const headers = { 'www-authenticate': 'Bearer' };
    throw token === undefined
      ? new Problem('not_authenticated', 'Send a token: `Authorization: Bearer …`', { headers })
      : new Problem('authentication_failed', 'There is no such token, or it was revoked', { headers });
  }
  refuseFor(requests.take(found.tokenId), 'Too many requests with this token');
  return { ...found, ip };
}

function refuseFor(seconds: number, detail: string): void {
  if (seconds === 0) return;
  throw new Problem('throttled', `${detail}; come again in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  });
}
