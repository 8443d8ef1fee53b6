import type { Uploads } from '../../shared/aws/uploads.ts';
import type { AnswerProblemsDeps } from './answer-problems.ts';
import type { AuditDeps } from './audit.ts';
import type { AuthenticateDeps } from './authenticate.ts';
import type { LogRequestsDeps } from './log-requests.ts';

/** Everything the API works with. */
export interface AdminDeps extends AuthenticateDeps, AnswerProblemsDeps, LogRequestsDeps, AuditDeps {
  uploads: Pick<Uploads, 'putPart' | 'read' | 'remove'>;
  /** 32 hexadecimal digits that nobody can guess. */
  newUploadId(): string;
}
