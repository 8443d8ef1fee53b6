import { z } from 'zod';
import { parseDuration } from './duration.ts';

/** Whatever JSON says, as an object: events, configs. */
const json = z.record(z.string(), z.unknown());

const project = z.strictObject({
  id: z.int().default(2),
  api_token: z.string().nullable().default('phc_x'),
  name: z.string().default('Test'),
  personal_api_key: z.string().nullable().default('phx_test'),
  host: z.string().default('https://app.posthog.com'),
});

/** A plugin before the one under test. */
const chainPlugin = z.preprocess(
  (value) => (typeof value === 'string' ? { path: value } : value),
  z.strictObject({ path: z.string(), config: json.default({}) }),
);

const attachment = z
  .strictObject({
    file_name: z.string().optional(),
    content_type: z.string().optional(),
    path: z.string().optional(),
    text: z.string().optional(),
    base64: z.base64().optional(),
  })
  .refine(hasOneOf(['path', 'text', 'base64'], 1), 'must have exactly one of path, text and base64');

const stub = z
  .strictObject({
    method: z.string().optional(),
    url: z.string(),
    status: z.int().min(200).max(599).default(200),
    headers: z.record(z.string(), z.union([z.string(), z.number().transform(String)])).default({}),
    json: z.unknown().optional(),
    text: z.string().optional(),
    error: z.string().optional(),
    /** How often it answers; any number when absent. */
    times: z.int().min(0).optional(),
  })
  .refine(hasOneOf(['json', 'text', 'error'], 0), 'must have one of json, text and error at the most');

/** Each step is an object with one of these keys; `job` may have a `payload` beside it. */
const STEPS = {
  event: z.strictObject({ event: json }),
  events: z.strictObject({ events: z.array(json) }),
  call: z.strictObject({ call: z.string().min(1) }),
  job: z.strictObject({ job: z.string(), payload: z.unknown().optional() }),
  export: z.strictObject({ export: z.array(json) }),
  advance: z.strictObject({
    advance: z.string().transform((text, context) => {
      try {
        return parseDuration(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    }),
  }),
  setup: z.strictObject({ setup: z.literal(true) }),
  teardown: z.strictObject({ teardown: z.literal(true) }),
};

const KINDS = Object.keys(STEPS) as (keyof typeof STEPS)[];

const step = json.transform((value, context): Step => {
  const kinds = KINDS.filter((kind) => kind in value);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const keys = Object.keys(value).filter((key) => !kinds.includes(key as keyof typeof STEPS));
    if (keys.length > 0) context.addIssue({ code: 'unrecognized_keys', keys, input: value });
    context.addIssue({ code: 'custom', message: `must have exactly one of the keys ${KINDS.join(', ')}` });
    return z.NEVER;
  }
  const parsed = STEPS[kind].safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

/** One step of a scenario. `advance` is in milliseconds. */
export type Step = z.infer<(typeof STEPS)[keyof typeof STEPS]>;

/** What `hoglet test` does with a plugin; every key may be left out. The defaults here are part of docs/test-bench.md. */
export const scenarioSchema = z.strictObject({
  project: project.prefault({}),
  plugin_config_id: z.int().min(1).default(39),
  plugins: z.array(chainPlugin).default([]),
  config: json.default({}),
  attachments: z.record(z.string(), attachment).default({}),
  clock: z
    .string()
    .transform(parseTime)
    .default(Date.UTC(2024, 2, 5, 10)),
  timeout_seconds: z.number().positive().max(3600).default(30),
  geoip: z.string().optional(),
  allow_private_networks: z.boolean().default(false),
  fetch: z.array(stub).default([]),
  cache: json.default({}),
  storage: json.default({}),
  steps: z.array(step).default([]),
});

/** A scenario with its defaults filled in; `clock` is in milliseconds since 1970. */
export type Scenario = z.infer<typeof scenarioSchema>;
export type Stub = Scenario['fetch'][number];
export type Attachment = z.infer<typeof attachment>;

function parseTime(text: string, context: z.RefinementCtx): number {
  // A time without a zone is UTC on every machine.
  const time = Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text);
  if (Number.isNaN(time))
    context.addIssue({ code: 'custom', message: 'must be a time such as 2024-03-05T10:00:00.000Z' });
  return time;
}

function hasOneOf(keys: string[], atLeast: number): (value: object) => boolean {
  return (value) => {
    const { length } = keys.filter((key) => (value as Record<string, unknown>)[key] !== undefined);
    return length >= atLeast && length <= 1;
  };
}
