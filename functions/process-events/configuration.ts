import { z } from 'zod';
import { INGESTION_COMPRESSIONS, INGESTION_FORMATS } from '../../shared/event/ingestion-format.ts';

const wholeNumber = z.string().regex(/^\d+$/, 'a whole number is expected').transform(Number);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const name = z.string().min(1, 'must not be empty');

/** Every environment variable of process-events. The CDK construct sets them, next to the permission each one needs. */
export const ENVIRONMENT = z.object({
  HOGLET_INGESTION_QUEUE_URL: z.url('a queue URL is expected'),
  HOGLET_EVENTS_DEAD_LETTER_QUEUE_URL: z.url('a queue URL is expected'),
  HOGLET_REGISTRY_TABLE: name,
  HOGLET_STATE_TABLE: name,
  HOGLET_ASSETS_BUCKET: name,
  HOGLET_GEOIP_DATABASE: name,
  HOGLET_INGESTION_FORMAT: z.enum(INGESTION_FORMATS),
  HOGLET_INGESTION_COMPRESSION: z.enum(INGESTION_COMPRESSIONS),
  HOGLET_HOOK_TIMEOUT_SECONDS: wholeNumber,
  HOGLET_STRIKES: wholeNumber,
  HOGLET_PLUGIN_HEAP_MEGABYTES: wholeNumber,
  HOGLET_ALLOW_PRIVATE_NETWORKS: flag,
  HOGLET_LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
});

export type Configuration = z.infer<typeof ENVIRONMENT>;

/** Parses the environment once, at cold start. @throws one error that lists every variable that is missing or wrong. */
export function parseConfiguration(environment: Record<string, string | undefined>): Configuration {
  const parsed = ENVIRONMENT.safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const variable = String(path[0]);
    const got = environment[variable];
    return `- ${variable}: ${got === undefined ? 'missing' : `got ${JSON.stringify(got)}; ${message}`}`;
  });
  throw new Error(
    `process-events cannot start, ${problems.length} environment variable(s) are missing or wrong:\n${problems.join('\n')}\nThe CDK app sets all of them: deploy again with \`npm run deploy\`.`,
  );
}
