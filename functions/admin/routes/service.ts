import { z } from '@hono/zod-openapi';
import { openApiDocument } from '../open-api.ts';
import { type Route, route } from '../route.ts';

/** What is about the API itself. */
export function serviceRoutes(allRoutes: () => readonly Route[]): Route[] {
  return [
    route({
      method: 'get',
      path: '/health',
      scope: 'public',
      summary: 'Says that the API runs',
      answer: { status: 200, description: 'It runs', schema: z.strictObject({ status: z.literal('ok') }) },
      handle: async () => ({ status: 200, body: { status: 'ok' } }),
    }),
    route({
      method: 'get',
      path: '/api/openapi.json',
      scope: 'public',
      summary: 'This document',
      answer: { status: 200, description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) },
      handle: async () => ({ status: 200, body: openApiDocument(allRoutes()) }),
    }),
  ];
}
