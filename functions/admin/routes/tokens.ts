import { z } from '@hono/zod-openapi';
import { API_SCOPES, type ApiToken } from '../../../shared/registry/api-tokens.ts';
import { id, label, time } from '../field-schemas.ts';
import { PAGE_QUERY, page, pageOf } from '../pages.ts';
import { type Route, route } from '../route.ts';

const TOKEN = z
  .strictObject({
    id: z.string(),
    label: z.string(),
    scopes: z.array(z.enum(API_SCOPES)),
    scoped_teams: z.array(id).nullable().openapi({ description: 'Ids of the projects it is for; null: all of them' }),
    created_at: time,
    last_used_at: time.nullable(),
    revoked_at: time.nullable(),
  })
  .openapi('Token');

export const TOKEN_ROUTES: Route[] = [
  route({
    method: 'get',
    path: '/api/tokens/',
    scope: 'admin',
    summary: 'Lists tokens, the newest first, without what is secret in them',
    query: z.object(PAGE_QUERY),
    answer: { status: 200, description: 'A page of them', schema: pageOf(TOKEN) },
    async handle({ tokens }, { query, url }) {
      const { results, ...rest } = page(await tokens.list(), query, url);
      return { status: 200, body: { ...rest, results: results.map(shown) } };
    },
  }),
  route({
    method: 'post',
    path: '/api/tokens/',
    scope: 'admin',
    summary: 'Makes a token; `value` is shown this once',
    body: z
      .strictObject({
        label,
        scopes: z.array(z.enum(API_SCOPES)).min(1).max(API_SCOPES.length),
        scoped_teams: z.array(id).max(1_000).nullable().default(null),
      })
      .refine(({ scoped_teams: teams }) => teams === null || teams.length > 0, {
        path: ['scoped_teams'],
        message: 'must name a project, or be null for all of them',
      }),
    answer: { status: 201, description: 'It is made', schema: TOKEN.extend({ value: z.string() }) },
    async handle({ tokens }, { body }) {
      const { label: name, scopes, scoped_teams: teams } = body;
      const { token, shown: made } = await tokens.create({ name, scopes, projects: teams ?? 'all' });
      const change = { target: `token ${made.id}`, details: { label: name, scopes, scoped_teams: teams } };
      return { status: 201, body: { ...shown(made), value: token }, change };
    },
  }),
  route({
    method: 'delete',
    path: '/api/tokens/{id}/',
    scope: 'admin',
    summary: 'Revokes a token at once',
    params: z.object({ id: z.string().regex(/^[0-9a-f]{16}$/, 'must be the id of a token, 16 hexadecimal digits') }),
    answer: { status: 204, description: 'It is revoked' },
    async handle({ tokens }, { params }) {
      await tokens.revoke(params.id);
      return { status: 204, change: { target: `token ${params.id}` } };
    },
  }),
];

function shown(token: ApiToken): z.input<typeof TOKEN> {
  return {
    id: token.id,
    label: token.name,
    scopes: token.scopes,
    scoped_teams: token.projects === 'all' ? null : token.projects,
    created_at: token.createdAt,
    last_used_at: token.lastUsedAt,
    revoked_at: token.revokedAt,
  };
}
