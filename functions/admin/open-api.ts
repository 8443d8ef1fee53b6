import { OpenAPIHono, z } from '@hono/zod-openapi';
import { PROBLEMS, type ProblemCode } from './problem.ts';
import type { Route } from './route.ts';

/** The body of every answer that refuses. */
export const PROBLEM_SCHEMA = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string(),
    request_id: z.string(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');

/** Describes the table of routes as an OpenAPI 3.1 document. */
export function openApiDocument(routes: readonly Route[]): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  for (const route of routes) app.openAPIRegistry.registerPath(operation(route));
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Hoglet',
      version: '1',
      description: 'Installs, configures, orders and updates plugins. Paths and names are PostHog’s where it has them.',
    },
  });
}

function operation(route: Route): Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0] {
  const { method, path, scope, summary, params, query, body, bodyBytes, versioned, answer } = route;
  const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });
  return {
    method,
    path,
    summary,
    description: scope === 'public' ? 'Needs no token.' : `Scope: ${scope}.`,
    ...(scope === 'public' ? {} : { security: [{ bearer: [] }] }),
    request: {
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(versioned && method !== 'get' ? { headers: z.object({ 'If-Match': z.string().optional() }) } : {}),
      ...(body === undefined ? {} : { body: { required: !body.safeParse(undefined).success, ...json(body) } }),
      ...(bodyBytes === undefined
        ? {}
        : { body: { required: true, content: { 'application/octet-stream': { schema: { type: 'string' } } } } }),
    },
    responses: {
      [answer.status]: {
        description: answer.description,
        ...(answer.schema === undefined ? {} : json(answer.schema)),
        ...(versioned ? { headers: { ETag: { schema: { type: 'string' } } } } : {}),
      },
      default: { description: 'A problem', content: { 'application/problem+json': { schema: PROBLEM_SCHEMA } } },
    },
  };
}
