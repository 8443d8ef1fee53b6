import type { ApiTokens } from '../../shared/registry/api-tokens.ts';
import { type Caller, checkScope } from './caller.ts';
import type { Exchange, Serve } from './exchange.ts';
import { Problem } from './problem.ts';
import type { TokenBuckets } from './token-bucket.ts';

export interface AuthenticateDeps {
  tokens: ApiTokens;
  /** Requests of a token. */
  requests: TokenBuckets;
  /** Failures of an address. */
  failures: TokenBuckets;
}

const NOBODY: Caller = { tokenId: null, scopes: [], projects: [] };

/** Lets only those through who have a token for the route, and not too often. Puts the caller into the exchange. */
export function authenticate(deps: AuthenticateDeps, serve: Serve): Serve {
  return async (exchange) => {
    // A path that there is not needs a token, too: who has none does not learn which there are.
    const scope = exchange.route?.scope ?? 'read';
    exchange.caller = scope === 'public' ? NOBODY : await identify(deps, exchange);
    checkScope(exchange.caller, scope);
    return serve(exchange);
  };
}

async function identify({ tokens, requests, failures }: AuthenticateDeps, { http, ip }: Exchange): Promise<Caller> {
  refuseFor(failures.wait(ip), 'Too many requests of this address had no valid token');
  const token = /^bearer +([\x21-\x7e]+) *$/i.exec(http.req.header('authorization') ?? '')?.[1];
  const found = token === undefined ? null : await tokens.find(token);
  if (found === null) {
    failures.take(ip);
    const headers = { 'www-authenticate': 'Bearer' };
    throw token === undefined
      ? new Problem('not_authenticated', 'Send a token: `Authorization: Bearer …`', { headers })
      : new Problem('authentication_failed', 'There is no such token, or it was revoked', { headers });
  }
  refuseFor(requests.take(found.id), 'Too many requests with this token');
  // For people who look for tokens that nobody uses: nothing hangs on it.
  await tokens.markUsed(found).catch(() => {});
  return { tokenId: found.id, scopes: found.scopes, projects: found.projects };
}

function refuseFor(seconds: number, detail: string): void {
  if (seconds === 0) return;
  throw new Problem('throttled', `${detail}; come again in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  });
}
