import type { RealmValues } from '../realm-values.ts';
import type { CapturedEvent } from '../service-calls.ts';
import type { Outbox } from './outbox.ts';

/** As package.json has it; a test compares them. */
export const LIBRARY = { $lib: 'posthog-plugin-server', $lib_version: '0.1.0' };

export interface CaptureDeps {
  plugin: { id: number; teamId: number; name: string };
  outbox: Outbox<CapturedEvent>;
  realm: RealmValues;
  /** Milliseconds since 1970. */
  now: () => number;
  createUuid: () => string;
}

/**
 * `posthog.capture(event, properties)`: a new event of the plugin's project, which enters the start of the pipeline.
 * `timestamp` and `distinct_id` among the properties are the event's own; its project and uuid cannot be chosen.
 */
export function createCapture({ plugin, outbox, realm, now, createUuid }: CaptureDeps) {
  return realm.method('posthog.capture', async (name: unknown, properties: Record<string, unknown> = {}) => {
    const capturedAt = new Date(now()).toISOString();
    const { timestamp, distinct_id: given, ...rest } = properties ?? {};
    const distinctId = given || plugin.name || `plugin-id-${plugin.id}`;
    const uuid = createUuid();
    const event = {
      uuid,
      team_id: plugin.teamId,
      event: name,
      distinct_id: String(distinctId),
      ip: null,
      site_url: null,
      now: capturedAt,
      sent_at: capturedAt,
      timestamp: timestamp || capturedAt,
      properties: { ...LIBRARY, distinct_id: distinctId, ...rest },
    };
    outbox.add({ plugin: plugin.id, teamId: plugin.teamId, uuid, event: JSON.stringify(event) });
  });
}
