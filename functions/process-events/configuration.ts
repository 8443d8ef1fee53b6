import { z } from 'zod';
import { INGESTION_COMPRESSIONS, INGESTION_FORMATS } from '../../shared/event/ingestion-format.ts';
import { PLUGIN_ENVIRONMENT, parseEnvironment, queueUrl } from '../plugin-environment.ts';

/** Every environment variable of process-events. The CDK construct sets them, next to the permission each one needs. */
export const ENVIRONMENT = PLUGIN_ENVIRONMENT.extend({
  HOGLET_INGESTION_QUEUE_URL: queueUrl,
  HOGLET_DELIVERIES_QUEUE_URL: queueUrl,
  HOGLET_EVENTS_DEAD_LETTER_QUEUE_URL: queueUrl,
  HOGLET_INGESTION_FORMAT: z.enum(INGESTION_FORMATS),
  HOGLET_INGESTION_COMPRESSION: z.enum(INGESTION_COMPRESSIONS),
});

export type Configuration = z.infer<typeof ENVIRONMENT>;

/** @throws as `parseEnvironment`. */
export function parseConfiguration(environment: Record<string, string | undefined>): Configuration {
  return parseEnvironment('process-events', ENVIRONMENT, environment);
}
