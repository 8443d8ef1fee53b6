import { z } from 'zod';

export const wholeNumber = z.string().regex(/^\d+$/, 'a whole number is expected').transform(Number);
export const queueUrl = z.url('a queue URL is expected');
export const name = z.string().min(1, 'must not be empty');
export const LOG_LEVEL = z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Every environment variable of a function that runs plugins, whatever it runs them for. */
export const PLUGIN_ENVIRONMENT = z.object({
  HOGLET_REGISTRY_TABLE: name,
  HOGLET_STATE_TABLE: name,
  HOGLET_ASSETS_BUCKET: name,
  HOGLET_TASKS_QUEUE_URL: queueUrl,
  HOGLET_EVENTS_QUEUE_URL: queueUrl,
  HOGLET_CAPTURE_HOP_LIMIT: wholeNumber,
  HOGLET_LIFECYCLE_BUS: name,
  HOGLET_GEOIP_DATABASE: name,
  HOGLET_SECRETS_KEY: name,
  HOGLET_HOOK_TIMEOUT_SECONDS: wholeNumber,
  HOGLET_STRIKES: wholeNumber,
  HOGLET_PLUGIN_HEAP_MEGABYTES: wholeNumber,
  HOGLET_ALLOW_PRIVATE_NETWORKS: flag,
  HOGLET_LOG_LEVEL: LOG_LEVEL,
});

export type PluginEnvironment = z.infer<typeof PLUGIN_ENVIRONMENT>;

/** Parses the environment once, at cold start. @throws one error that lists every variable that is missing or wrong. */
export function parseEnvironment<Values>(
  functionName: string,
  schema: z.ZodType<Values>,
  environment: Record<string, string | undefined>,
): Values {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const variable = String(path[0]);
    const got = environment[variable];
    return `- ${variable}: ${got === undefined ? 'missing' : `got ${JSON.stringify(got)}; ${message}`}`;
  });
  throw new Error(
    `${functionName} cannot start, ${problems.length} environment variable(s) are missing or wrong:\n${problems.join('\n')}\nThe CDK app sets all of them: deploy again with \`npm run deploy\`.`,
  );
}
