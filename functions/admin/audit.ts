import type { AuditLog } from '../../shared/registry/audit-log.ts';
import type { Exchange } from './exchange.ts';
import { Problem } from './problem.ts';
import type { Answer, Route } from './route.ts';

export interface AuditDeps {
  auditLog: AuditLog;
}

/** What an entry keeps beside who did what. */
export interface AuditDetails {
  requestId: string;
  ip: string;
  projectId: number | null;
  /** Names of fields and the like; never a value that may be secret. */
  details: Record<string, unknown> | null;
  /** What the API answered; null while nobody has seen it end. */
  status: number | null;
}

/**
 * Has a route's changes in the audit log. A change is written down twice: when it begins, so that none is missing though the process dies
 * in it, and when it has ended, with what came of it. A change that cannot be written down is not made.
 */
export async function withAudit(
  { auditLog }: AuditDeps,
  { route, http, requestId, ip, caller }: Exchange,
  handle: () => Promise<Answer>,
): Promise<Answer> {
  const { method, path } = route as Route;
  const write = (subject: string, after: Pick<AuditDetails, 'status'> & Partial<AuditDetails>) =>
    auditLog.append({
      actor: caller?.tokenId ?? 'nobody',
      action: `${method.toUpperCase()} ${path}`,
      subject,
      before: null,
      after: { requestId, ip, projectId: null, details: null, ...after } satisfies AuditDetails,
    });

  await write(http.req.path, { status: null });
  try {
    const answer = await handle();
    const { target = http.req.path, projectId = null, details = null } = answer.change ?? {};
    // The change is made and written down: what only completes the entry must not make it look as if it had failed.
    await write(target, { status: answer.status, projectId, details }).catch(() => {});
    return answer;
  } catch (error) {
    await write(http.req.path, { status: error instanceof Problem ? error.status : 500 }).catch(() => {});
    throw error;
  }
}
