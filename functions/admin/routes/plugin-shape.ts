import { z } from '@hono/zod-openapi';
import type { InstalledPlugin, PluginVersion } from '../../../shared/registry/plugin-version.ts';
import { id, time } from '../field-schemas.ts';
import { shownCapabilities } from './plugin-config-shape.ts';

const CAPABILITIES = z.strictObject({
  methods: z.array(z.string()),
  jobs: z.array(z.string()),
  scheduled_tasks: z.array(z.string()),
});

/** A plugin as the API shows it: PostHog's fields, and below them those that it does not have. */
export const PLUGIN = z
  .strictObject({
    id,
    plugin_type: z.enum(['repository', 'source']),
    name: z.string(),
    description: z.string().nullable(),
    url: z.string().nullable(),
    config_schema: z.array(z.record(z.string(), z.unknown())),
    tag: z.string().nullable(),
    latest_tag: z.string().nullable().openapi({ description: 'As of the latest look, which happens each day' }),
    update_available: z.boolean().openapi({ description: 'Whether `latest_tag` is another than `tag`' }),
    capabilities: CAPABILITIES.nullable(),
    metrics: z.record(z.string(), z.string()).nullable(),
    public_jobs: z.record(z.string(), z.unknown()),
    version: z.int(),
    installed_at: time,
    installed_by: z.string().nullable(),
    latest_tag_checked_at: time.nullable(),
    latest_tag_problem: z.string().nullable().openapi({ description: 'Why the latest look found nothing' }),
    has_private_token: z.boolean(),
  })
  .openapi('Plugin');

export const VERSION = z
  .strictObject({
    version: z.int(),
    name: z.string(),
    tag: z.string().nullable(),
    url: z.string().nullable(),
    installed_at: time,
    installed_by: z.string().nullable(),
    capabilities: CAPABILITIES.nullable(),
    current: z.boolean().openapi({ description: 'Whether it is the version that runs' }),
  })
  .openapi('PluginVersion');

export function shownPlugin(plugin: InstalledPlugin): z.input<typeof PLUGIN> {
  const { manifest, capabilities, metrics, source } = plugin;
  // What another source said is of no interest any more.
  const latest = plugin.latest?.url === source.url ? plugin.latest : null;
  const latestTag = latest?.marker ?? null;
  return {
    id: plugin.id,
    plugin_type: source.url === null ? 'source' : 'repository',
    name: manifest.name,
    description: manifest.description ?? null,
    url: source.url,
    config_schema: manifest.config,
    tag: plugin.marker,
    latest_tag: latestTag,
    update_available: latestTag !== null && latestTag !== plugin.marker,
    capabilities: capabilities === undefined ? null : shownCapabilities(capabilities),
    metrics: metrics ?? null,
    public_jobs: manifest.publicJobs ?? {},
    version: plugin.version,
    installed_at: plugin.installedAt,
    installed_by: plugin.installedBy,
    latest_tag_checked_at: latest?.checkedAt ?? null,
    latest_tag_problem: latest?.problem ?? null,
    has_private_token: plugin.hasSourceToken,
  };
}

export function shownVersion(version: PluginVersion, current: number): z.input<typeof VERSION> {
  return {
    version: version.number,
    name: version.manifest.name,
    tag: version.marker,
    url: version.source.url,
    installed_at: version.installedAt,
    installed_by: version.installedBy,
    capabilities: version.capabilities === undefined ? null : shownCapabilities(version.capabilities),
    current: version.number === current,
  };
}
