import { z } from 'zod';

/** Longest text in a detail, characters. Ten details of such texts stay far below what PutEvents takes at once. */
export const MAX_TEXT_CHARACTERS = 1000;

const text = () => z.string().max(MAX_TEXT_CHARACTERS);
const count = () => z.number().int().positive();

const COMMON = {
  version: z.literal(1).describe('Version of this schema; a field that is added leaves it as it is'),
  id: z.uuid().describe('The same when the event arrives twice'),
  function: text().describe('The Lambda function that tells it'),
};

const PLUGIN = {
  pluginConfig: z.number().int().describe('Id of the plugin config'),
  project: z.number().int().optional().describe('Id of its project; absent when the plugin config is disabled or gone'),
  plugin: text().optional().describe('Name of the plugin; absent as `project` is'),
  pluginVersion: text().optional().describe("sha256 of the plugin's code; absent as `project` is"),
};

const ERROR = z
  .strictObject({
    name: text().describe("PostHog's name of the error"),
    message: text().describe('At most 1,000 characters'),
    hook: text().optional().describe('The hook that failed, or `load`'),
    event: z
      .strictObject({
        uuid: text().describe('Its uuid'),
        event: text().describe('Its name'),
      })
      .optional()
      .describe('The event it failed with, where there was one'),
  })
  .describe('What the plugin threw, or why it was stopped');

/** What the detail of each detail-type looks like; docs/lifecycle-events.md says the same. */
export const LIFECYCLE_DETAILS = {
  'Plugin disabled': z.strictObject({
    ...COMMON,
    ...PLUGIN,
    cause: z
      .enum(['setup_failed', 'setup_exhausted', 'host_ended'])
      .describe(
        '`setup_failed`: it cannot be set up; `setup_exhausted`: nor after ten attempts; `host_ended`: it has ended the plugin host too often',
      ),
    error: ERROR,
  }),
  'Plugin setup failed': z.strictObject({
    ...COMMON,
    ...PLUGIN,
    final: z.boolean().describe('Whether this was the last attempt: the plugin config is disabled'),
    attempt: count().optional().describe('Which attempt it was; absent when the error is none that is tried again'),
    maxAttempts: count().optional().describe('How many there are in all; absent as `attempt` is'),
    nextAttemptAt: z.iso.datetime().optional().describe('When the next one is due; absent when there is none'),
    error: ERROR,
  }),
  'Plugin recovered': z.strictObject({ ...COMMON, ...PLUGIN }),
  'Export undelivered': z.strictObject({
    ...COMMON,
    ...PLUGIN,
    batches: count().describe('Batches that became dead letters of `deliveries`'),
    events: count().describe('Events in them'),
    error: ERROR,
  }),
  'Job given up': z.strictObject({
    ...COMMON,
    ...PLUGIN,
    cause: z
      .enum(['retries_exhausted', 'plugin_off'])
      .describe(
        '`retries_exhausted`: it threw RetryError once too often; `plugin_off`: its plugin config is disabled or gone',
      ),
    job: text().describe("The job's name"),
    jobs: count().describe('How many of that name'),
    error: ERROR.optional(),
  }),
  'Hop limit reached': z.strictObject({
    ...COMMON,
    ...PLUGIN,
    kind: z.enum(['job', 'capture']).describe('Whether jobs or captured events led to one another'),
    name: text().describe('Name of the first job or event that was left out'),
    limit: count().describe('How many may'),
    count: count().describe('How many were left out'),
  }),
  'Events dead-lettered': z.strictObject({
    ...COMMON,
    messages: count().describe('Messages sent to the dead letters of `events`'),
    events: count().describe('Events in them'),
    reasons: z.record(text(), count()).describe('How many events by [reason](errors.md)'),
  }),
} as const;

export type LifecycleEventType = keyof typeof LIFECYCLE_DETAILS;

export type LifecycleDetail<Type extends LifecycleEventType> = z.infer<(typeof LIFECYCLE_DETAILS)[Type]>;
