import { z } from 'zod';
import { LOG_LEVEL, name, parseEnvironment } from '../plugin-environment.ts';

/** Every environment variable of sweep-state. The CDK construct sets them, next to the permission each one needs. */
export const ENVIRONMENT = z.object({
  HOGLET_STATE_TABLE: name,
  HOGLET_ASSETS_BUCKET: name,
  HOGLET_LOG_LEVEL: LOG_LEVEL,
});

export type Configuration = z.infer<typeof ENVIRONMENT>;

/** @throws as `parseEnvironment`. */
export function parseConfiguration(environment: Record<string, string | undefined>): Configuration {
  return parseEnvironment('sweep-state', ENVIRONMENT, environment);
}
