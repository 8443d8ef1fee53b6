import type { Context as LambdaContext } from 'aws-lambda';
import type { Context } from 'hono';
import type { LambdaEvent } from 'hono/aws-lambda';
import type { Caller } from './caller.ts';
import type { Route } from './route.ts';

/** What the Lambda adapter hands on. */
export interface Bindings {
  event: LambdaEvent;
  lambdaContext: LambdaContext;
}

/** One request on its way through the guards. */
export interface Exchange {
  /** Null when no route of the table fits. */
  route: Route | null;
  http: Context<{ Bindings: Bindings }>;
  requestId: string;
  ip: string;
  /** As soon as it is known. */
  caller?: Caller;
}

/** Answers a request. A guard wraps one, and answers itself, or hands on. @throws Problem */
export type Serve = (exchange: Exchange) => Promise<Response>;

export function beginExchange(route: Route | null, http: Context<{ Bindings: Bindings }>): Exchange {
  const { http: from, requestId } = (http.env?.event?.requestContext ?? {}) as {
    http?: { sourceIp?: string };
    requestId?: string;
  };
  // The id that every line of this invocation has.
  const invocation = http.env?.lambdaContext?.awsRequestId;
  return { route, http, requestId: invocation ?? requestId ?? 'unknown', ip: from?.sourceIp ?? 'unknown' };
}
