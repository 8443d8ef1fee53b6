import type { QueueMessage } from '../../shared/aws/group-messages.ts';
import type { Uploads } from '../../shared/aws/uploads.ts';
import type { TryLoad } from '../../shared/plugins/try-load.ts';
import type { PluginConfigStore } from '../../shared/registry/plugin-config-store.ts';
import type { PluginStore } from '../../shared/registry/plugin-store.ts';
import type { ProjectStore } from '../../shared/registry/project-store.ts';
import type { SourceTokens } from '../../shared/registry/source-tokens.ts';
import type { PluginSources } from '../../shared/sources/plugin-sources.ts';
import type { JobsStore } from '../../shared/state/jobs-store.ts';
import type { PluginLogReader } from '../../shared/state/plugin-log-reader.ts';
import type { PluginMetricsReader } from '../../shared/state/plugin-metrics-reader.ts';
import type { AnswerProblemsDeps } from './answer-problems.ts';
import type { AuditDeps } from './audit.ts';
import type { AuthenticateDeps } from './authenticate.ts';
import type { DeadLetterQueues } from './dead-letters/dead-letter-queues.ts';
import type { LogRequestsDeps } from './log-requests.ts';

/** Everything the API works with. */
export interface AdminDeps extends LogRequestsDeps, AnswerProblemsDeps, AuthenticateDeps, AuditDeps {
  projects: ProjectStore;
  plugins: PluginStore;
  pluginConfigs: PluginConfigStore;
  sources: PluginSources;
  sourceTokens: SourceTokens;
  /** Loads a plugin once, where it can do no harm. */
  tryLoad: TryLoad;
  uploads: Pick<Uploads, 'putPart' | 'read' | 'remove'>;
  /** 32 hexadecimal digits that nobody can guess. */
  newUploadId(): string;
  jobs: JobsStore;
  pluginLogs: PluginLogReader;
  pluginMetrics: PluginMetricsReader;
  deadLetters: DeadLetterQueues;
  /** Sends to the queue `events`, and gives what could not be sent. */
  sendEvents(messages: QueueMessage[]): Promise<QueueMessage[]>;
  /** A UUID. */
  newId(): string;
  sleep(milliseconds: number): Promise<void>;
}
