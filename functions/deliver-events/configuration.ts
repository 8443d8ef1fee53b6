import type { z } from 'zod';
import { name, PLUGIN_ENVIRONMENT, parseEnvironment, queueUrl } from '../plugin-environment.ts';

/** Every environment variable of deliver-events. The CDK construct sets them, next to the permission each one needs. */
export const ENVIRONMENT = PLUGIN_ENVIRONMENT.extend({
  HOGLET_DELIVERIES_QUEUE_URL: queueUrl,
  HOGLET_DELIVERIES_DEAD_LETTER_QUEUE_URL: queueUrl,
  HOGLET_EXPORT_RETRY_STATE_MACHINE: name,
});

export type Configuration = z.infer<typeof ENVIRONMENT>;

/** @throws as `parseEnvironment`. */
export function parseConfiguration(environment: Record<string, string | undefined>): Configuration {
  return parseEnvironment('deliver-events', ENVIRONMENT, environment);
}
