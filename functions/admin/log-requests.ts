import type { Serve } from './exchange.ts';

/** A line for each request: nothing of its query, its headers or its body, where secrets may be. */
export interface RequestLine {
  requestId: string;
  method: string;
  /** The route's pattern, or `unknown`. */
  route: string;
  status: number;
  milliseconds: number;
  tokenId: string | null;
  ip: string;
}

export interface LogRequestsDeps {
  /** Milliseconds since 1970. */
  now: () => number;
  log(line: RequestLine): void;
}

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
};

/** Writes the line, and the headers that every answer has. */
export function logRequests({ now, log }: LogRequestsDeps, serve: Serve): Serve {
  return async (exchange) => {
    const startedAt = now();
    const response = await serve(exchange);
    for (const [name, value] of Object.entries({ ...HEADERS, 'x-request-id': exchange.requestId }))
      response.headers.set(name, value);
    log({
      requestId: exchange.requestId,
      method: exchange.http.req.method,
      route: exchange.route?.path ?? 'unknown',
      status: response.status,
      milliseconds: now() - startedAt,
      tokenId: exchange.caller?.tokenId ?? null,
      ip: exchange.ip,
    });
    return response;
  };
}
