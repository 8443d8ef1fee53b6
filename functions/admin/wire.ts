import { randomBytes, randomUUID } from 'node:crypto';
import { putObject } from '../../shared/aws/put-object.ts';
import { createSecretReader } from '../../shared/aws/secret-value.ts';
import { createUploads } from '../../shared/aws/uploads.ts';
import { walkQueue } from '../../shared/aws/walk-queue.ts';
import { createApiTokens } from '../../shared/registry/api-tokens.ts';
import { createAuditLog } from '../../shared/registry/audit-log.ts';
import { createPluginConfigStore } from '../../shared/registry/plugin-config-store.ts';
import { createPluginStore } from '../../shared/registry/plugin-store.ts';
import { createProjectStore } from '../../shared/registry/project-store.ts';
import { createSourceTokens } from '../../shared/registry/source-tokens.ts';
import { createDataKeys } from '../../shared/secrets/data-keys.ts';
import { createSecrets } from '../../shared/secrets/secrets.ts';
import { createPluginSources } from '../../shared/sources/plugin-sources.ts';
import { createJobsStore } from '../../shared/state/jobs-store.ts';
import { createLaterJobs } from '../../shared/state/later-jobs.ts';
import { createPluginLogReader } from '../../shared/state/plugin-log-reader.ts';
import { createPluginMetricsReader } from '../../shared/state/plugin-metrics-reader.ts';
import { createFunctionRuntime } from '../function-runtime.ts';
import { sourcesOf } from '../source-environment.ts';
import type { Configuration } from './configuration.ts';
import { createAdmin } from './index.ts';
import { createPluginTrial } from './plugin-trial.ts';
import { createTokenBuckets } from './token-bucket.ts';

const FUNCTION = 'admin';

/** A console that shows a page asks for ten things at once; a script may go on at this pace for ever. */
const REQUESTS = { burst: 200, perSecond: 20 };

/** Who mistypes a token has ten tries, then one every six seconds. */
const FAILURES = { burst: 10, perSecond: 1 / 6 };

/** Puts admin together. @param sandboxEntry the plugin host's child, as a bundle */
export function wireAdmin(
  configuration: Configuration,
  environment: Record<string, string | undefined>,
  sandboxEntry: string,
) {
  const runtime = createFunctionRuntime(FUNCTION, configuration.HOGLET_LOG_LEVEL, environment);
  const { clients, logger, now, sleep, sendTo } = runtime;
  const clock = () => performance.now();
  const readSecret = createSecretReader({
    secretId: configuration.HOGLET_SECRETS_KEY,
    endpoint: environment['AWS_ENDPOINT_URL_SECRETS_MANAGER'],
  });
  const base = {
    dynamodb: clients.dynamodb,
    s3: clients.s3,
    table: configuration.HOGLET_REGISTRY_TABLE,
    bucket: configuration.HOGLET_ASSETS_BUCKET,
    now,
    newId: randomUUID,
    randomBytes,
    secrets: createSecrets({ keys: createDataKeys({ readSecret, clock }), randomBytes }),
  };
  const inState = { dynamodb: clients.dynamodb, table: configuration.HOGLET_STATE_TABLE, now };
  const deadLetters = (name: 'EVENTS' | 'INGESTION' | 'DELIVERIES' | 'TASKS') => {
    const queueUrl = configuration[`HOGLET_${name}_DEAD_LETTER_QUEUE_URL`];
    return {
      letters: walkQueue({ sqs: clients.sqs, queueUrl, clock }),
      sendBack: sendTo(configuration[`HOGLET_${name}_QUEUE_URL`]),
    };
  };
  const sourceTokens = createSourceTokens(base);
  return runtime.handler(
    createAdmin({
      now,
      log: (line) => logger.info('Request', { ...line }),
      onFault: (error, requestId) => logger.error('A request failed', { error: error as Error, requestId }),
      tokens: createApiTokens(base),
      requests: createTokenBuckets({ ...REQUESTS, now }),
      failures: createTokenBuckets({ ...FAILURES, now }),
      auditLog: createAuditLog(base),
      projects: createProjectStore(base),
      plugins: createPluginStore(base),
      pluginConfigs: createPluginConfigStore(base),
      sources: createPluginSources({
        ...sourcesOf(configuration, sourceTokens),
        now,
        sleep,
        warn: (message, details) => logger.warn(message, details),
      }),
      sourceTokens,
      tryLoad: createPluginTrial(sandboxEntry),
      uploads: createUploads(base),
      newUploadId: () => randomBytes(16).toString('hex'),
      jobs: createJobsStore({
        send: sendTo(configuration.HOGLET_TASKS_QUEUE_URL),
        later: createLaterJobs({ ...inState, sleep }),
        putObject: (key, content) => putObject(clients.s3, base.bucket, key, content),
        now,
      }),
      pluginLogs: createPluginLogReader(inState),
      pluginMetrics: createPluginMetricsReader(inState),
      deadLetters: {
        events: deadLetters('EVENTS'),
        ingestion: deadLetters('INGESTION'),
        deliveries: deadLetters('DELIVERIES'),
        tasks: deadLetters('TASKS'),
      },
      sendEvents: sendTo(configuration.HOGLET_EVENTS_QUEUE_URL),
      newId: randomUUID,
      sleep,
    }),
  );
}
