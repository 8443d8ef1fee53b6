import { z } from '@hono/zod-openapi';
import { SECRET_MASK } from '../../../shared/registry/check-config.ts';
import type { ShownPluginConfig } from '../../../shared/registry/shown-config.ts';
import { id, time } from '../field-schemas.ts';

/** A plugin config as the API shows it: PostHog's fields, and below them those that it does not have. */
export const PLUGIN_CONFIG = z
  .strictObject({
    id,
    plugin: id,
    enabled: z.boolean(),
    order: z.number(),
    config: z
      .record(z.string(), z.unknown())
      .openapi({ description: `A secret that is set is "${SECRET_MASK}", a file {"saved":true,"name","type"}` }),
    error: z
      .strictObject({ name: z.string(), message: z.string(), time, hook: z.string() })
      .and(
        z.strictObject({ stack: z.string(), event: z.strictObject({ uuid: z.string(), event: z.string() }) }).partial(),
      )
      .nullable(),
    team_id: id,
    plugin_name: z.string(),
    allowed_hosts: z.array(z.string()).nullable(),
    capabilities: z
      .strictObject({
        methods: z.array(z.string()),
        jobs: z.array(z.string()),
        scheduled_tasks: z.array(z.string()),
      })
      .nullable(),
    metrics: z.record(z.string(), z.enum(['sum', 'max', 'min'])),
    attempts: z.strictObject({ made: z.int(), next_at: time }).nullable(),
  })
  .openapi('PluginConfig');

export function shownPluginConfig(config: ShownPluginConfig, pluginName: string): z.input<typeof PLUGIN_CONFIG> {
  const { capabilities, error, setup, metrics = {} } = config;
  const secrets = Object.entries(config.secrets).filter(([, isSet]) => isSet);
  const files = Object.entries(config.attachments);
  return {
    id: config.id,
    plugin: config.pluginId,
    enabled: config.enabled,
    order: config.order,
    config: {
      ...config.values,
      ...Object.fromEntries(secrets.map(([key]) => [key, SECRET_MASK])),
      ...Object.fromEntries(files.map(([key, file]) => [key, shownFile(file)])),
    },
    error: error ?? null,
    team_id: config.projectId,
    plugin_name: pluginName,
    allowed_hosts: config.allowedHosts,
    capabilities: capabilities === undefined ? null : shownCapabilities(capabilities),
    metrics,
    attempts: setup === undefined ? null : { made: setup.made, next_at: new Date(setup.nextAt).toISOString() },
  };
}

export function shownCapabilities({ methods, jobs, scheduledTasks }: NonNullable<ShownPluginConfig['capabilities']>) {
  return { methods, jobs, scheduled_tasks: scheduledTasks };
}

function shownFile({ fileName, contentType }: ShownPluginConfig['attachments'][string]) {
  return { saved: true, name: fileName, type: contentType };
}

/**
 * What of the values that a client sends is a change. Whoever sends back what they were shown changes nothing; null for a file takes the
 * file away.
 */
export function configChange(config: Record<string, unknown>, before: Pick<ShownPluginConfig, 'attachments'>) {
  const isFile = ([key]: [string, unknown]) => Object.hasOwn(before.attachments, key);
  const entries = Object.entries(config);
  const files = entries.filter(isFile);
  const gone = files.filter(([, value]) => value === null).map(([key]) => [key, null] as const);
  const unchanged = (value: unknown) => (value as { saved?: unknown } | null)?.saved === true;
  const values = entries.filter((entry) => !isFile(entry) || (entry[1] !== null && !unchanged(entry[1])));
  return { values: Object.fromEntries(values), attachments: Object.fromEntries(gone) };
}
