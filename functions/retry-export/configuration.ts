import type { z } from 'zod';
import { PLUGIN_ENVIRONMENT, parseEnvironment, queueUrl } from '../plugin-environment.ts';

/** Every environment variable of retry-export. The CDK construct sets them, next to the permission each one needs. */
export const ENVIRONMENT = PLUGIN_ENVIRONMENT.extend({ HOGLET_DELIVERIES_DEAD_LETTER_QUEUE_URL: queueUrl });

export type Configuration = z.infer<typeof ENVIRONMENT>;

/** @throws as `parseEnvironment`. */
export function parseConfiguration(environment: Record<string, string | undefined>): Configuration {
  return parseEnvironment('retry-export', ENVIRONMENT, environment);
}
