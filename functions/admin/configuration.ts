import { z } from 'zod';
import { LOG_LEVEL, name, parseEnvironment } from '../plugin-environment.ts';
import { SOURCE_ENVIRONMENT } from '../source-environment.ts';

/** Every environment variable of admin. The CDK construct sets them, next to the permission each one needs. */
export const ENVIRONMENT = z.object({
  HOGLET_REGISTRY_TABLE: name,
  HOGLET_ASSETS_BUCKET: name,
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
