import { z } from 'zod';
import { LOG_LEVEL, name, parseEnvironment } from '../plugin-environment.ts';
import { SOURCE_ENVIRONMENT } from '../source-environment.ts';

/** Every environment variable of check-updates. The CDK construct sets them, next to the permission each one needs. */
export const ENVIRONMENT = z.object({
  HOGLET_REGISTRY_TABLE: name,
  HOGLET_SECRETS_KEY: name,
  HOGLET_LOG_LEVEL: LOG_LEVEL,
  ...SOURCE_ENVIRONMENT.shape,
});

export type Configuration = z.infer<typeof ENVIRONMENT>;

/** @throws as `parseEnvironment`. */
export function parseConfiguration(environment: Record<string, string | undefined>): Configuration {
  return parseEnvironment('check-updates', ENVIRONMENT, environment);
}
