import { z } from 'zod';
import { LOG_LEVEL, name, parseEnvironment, queueUrl } from '../plugin-environment.ts';
import { SOURCE_ENVIRONMENT } from '../source-environment.ts';

/** Every environment variable of admin. The CDK construct sets them, next to the permission each one needs. */
export const ENVIRONMENT = z.object({
  HOGLET_REGISTRY_TABLE: name,
  HOGLET_STATE_TABLE: name,
  HOGLET_ASSETS_BUCKET: name,
  HOGLET_EVENTS_QUEUE_URL: queueUrl,
  HOGLET_EVENTS_DEAD_LETTER_QUEUE_URL: queueUrl,
  HOGLET_INGESTION_QUEUE_URL: queueUrl,
  HOGLET_INGESTION_DEAD_LETTER_QUEUE_URL: queueUrl,
  HOGLET_DELIVERIES_QUEUE_URL: queueUrl,
  HOGLET_DELIVERIES_DEAD_LETTER_QUEUE_URL: queueUrl,
  HOGLET_TASKS_QUEUE_URL: queueUrl,
  HOGLET_TASKS_DEAD_LETTER_QUEUE_URL: queueUrl,
  HOGLET_SECRETS_KEY: name,
  HOGLET_LOG_LEVEL: LOG_LEVEL,
  ...SOURCE_ENVIRONMENT.shape,
  /** Where esbuild finds its executable; it looks for itself. */
  ESBUILD_BINARY_PATH: name,
});

export type Configuration = z.infer<typeof ENVIRONMENT>;

/** @throws as `parseEnvironment`. */
export function parseConfiguration(environment: Record<string, string | undefined>): Configuration {
  return parseEnvironment('admin', ENVIRONMENT, environment);
}
