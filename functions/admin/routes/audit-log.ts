import { z } from '@hono/zod-openapi';
import type { AuditEntry } from '../../../shared/registry/audit-log.ts';
import type { AuditDetails } from '../audit.ts';
import { id, time } from '../field-schemas.ts';
import { PAGE_QUERY } from '../pages.ts';
import { type Route, route } from '../route.ts';

const ENTRY = z
  .strictObject({
    time,
    token_id: z.string(),
    action: z.string().openapi({ example: 'PATCH /api/plugin_config/{id}/' }),
    target: z.string().openapi({ example: 'plugin config 7' }),
    team_id: id.nullable(),
    details: z.record(z.string(), z.unknown()).nullable(),
    status: z
      .int()
      .nullable()
      .openapi({ description: 'Null for a change whose end nobody saw: it may have been made' }),
    request_id: z.string(),
    ip: z.string(),
  })
  .openapi('AuditEntry');

export const AUDIT_ROUTES: Route[] = [
  route({
    method: 'get',
    path: '/api/audit_log/',
    scope: 'admin',
    summary: 'Lists who changed what, the latest first',
    query: z.object({
      limit: PAGE_QUERY.limit,
      cursor: z
        .string()
        .regex(/^[\dTZ:.-]{24}#[0-9A-Za-z]{8}$/, 'must be one that a page before had in `next`')
        .optional(),
    }),
    answer: {
      status: 200,
      description: 'A page of it',
      schema: z.strictObject({ next: z.string().nullable(), previous: z.null(), results: z.array(ENTRY) }),
    },
    async handle({ auditLog }, { query, url }) {
      const { entries, cursor } = await auditLog.list(query);
      const next =
        cursor && `${url.pathname}?${new URLSearchParams({ limit: String(query.limit), cursor }).toString()}`;
      return { status: 200, body: { next, previous: null, results: withoutBeginnings(entries).map(shown) } };
    },
  }),
];

/** A change that was seen to end need not be shown beginning, too. On the border of two pages it may be. */
function withoutBeginnings(entries: AuditEntry[]): AuditEntry[] {
  const ended = new Set(
    entries.filter(({ after }) => detailsOf(after).status !== null).map(({ after }) => detailsOf(after).requestId),
  );
  return entries.filter(({ after }) => {
    const { status, requestId } = detailsOf(after);
    return status !== null || !ended.has(requestId);
  });
}

function shown({ at, actor, action, subject, after }: AuditEntry): z.input<typeof ENTRY> {
  const { requestId, ip, projectId, details, status } = detailsOf(after);
  return {
    time: at,
    token_id: actor,
    action,
    target: subject,
    team_id: projectId,
    details,
    status,
    request_id: requestId,
    ip,
  };
}

/** What others than the API have written has none of it. */
function detailsOf(after: unknown): AuditDetails {
  const nothing: AuditDetails = { requestId: '', ip: '', projectId: null, details: null, status: null };
  return { ...nothing, ...(after as Partial<AuditDetails> | null) };
}
