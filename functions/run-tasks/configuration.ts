import type { z } from 'zod';
import { PLUGIN_ENVIRONMENT, parseEnvironment, wholeNumber } from '../plugin-environment.ts';

/** Every environment variable of run-tasks. The CDK construct sets them, next to the permission each one needs. */
export const ENVIRONMENT = PLUGIN_ENVIRONMENT.extend({ HOGLET_JOB_HOP_LIMIT: wholeNumber });

export type Configuration = z.infer<typeof ENVIRONMENT>;

/** @throws as `parseEnvironment`. */
export function parseConfiguration(environment: Record<string, string | undefined>): Configuration {
  return parseEnvironment('run-tasks', ENVIRONMENT, environment);
}
