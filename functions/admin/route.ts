import type { z } from '@hono/zod-openapi';
import type { AdminDeps } from './admin-deps.ts';
import type { Caller } from './caller.ts';

/**
 * Who may call a route at all. Which projects a token reaches is asked where the project is known.
 *
 * `public`: everybody; `read`, `write`: whoever may read or change a project; `admin`: admins only.
 */
export type Scope = 'public' | 'read' | 'write' | 'admin';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler gets: all of it validated. */
export interface RouteRequest<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  caller: Caller;
  requestId: string;
  /** The revision in `If-Match`, when the client insists on one. */
  ifMatch: string | undefined;
  /** The path and query as the client sent them, for links. */
  url: URL;
}

export interface Answer {
  status: number;
  /** Becomes JSON; none with 204. */
  body?: unknown;
  etag?: string;
  /** For the audit log: what was changed. A route that changes something says it. */
  change?: { target: string; projectId?: number; details?: Record<string, unknown> };
}

type ObjectSchema = z.ZodObject<z.ZodRawShape>;

/** One line of the table that the API is made of. */
export interface Route {
  method: Method;
  /** With a slash at its end, as PostHog's paths; the API takes it without, too. */
  path: string;
  scope: Scope;
  summary: string;
  params?: ObjectSchema;
  query?: ObjectSchema;
  /** JSON, of at most `MOST_BODY_BYTES`. */
  body?: z.ZodType;
  /** Bytes instead of JSON: at most so many. */
  bodyBytes?: number;
  /** False for what is no GET and changes nothing. */
  audited?: false;
  /** Whether the answer has an `ETag`, and changes heed `If-Match`. */
  versioned?: boolean;
  answer: { status: number; description: string; schema?: z.ZodType };
  handle(deps: AdminDeps, request: RouteRequest<never, never, never>): Promise<Answer>;
}

type Inferred<Schema, Otherwise> = Schema extends z.ZodType ? z.output<Schema> : Otherwise;

/** Writes a line of the table, with the handler's types from its schemas. */
export function route<
  Params extends ObjectSchema | undefined = undefined,
  Query extends ObjectSchema | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  definition: Omit<Route, 'params' | 'query' | 'body' | 'handle'> & {
    params?: Params;
    query?: Query;
    body?: Body;
    handle(
      deps: AdminDeps,
      request: RouteRequest<
        Inferred<Params, Record<string, never>>,
        Inferred<Query, Record<string, never>>,
        Inferred<Body, Uint8Array>
      >,
    ): Promise<Answer>;
  },
): Route {
  return definition as unknown as Route;
}
