import type { Causes } from '../causes.ts';
import type { RealmValues } from '../realm-values.ts';
import type { CapturedEvent } from '../service-calls.ts';
import type { Outbox } from './outbox.ts';

/** As package.json has it; a test compares them. */
export const LIBRARY = { $lib: 'posthog-plugin-server', $lib_version: '0.1.0' };

export interface CaptureDeps {
  plugin: { id: number; teamId: number; name: string };
  outbox: Outbox<CapturedEvent>;
  causes: Pick<Causes, 'hops' | 'uuid'>;
  realm: RealmValues;
  /** Milliseconds since 1970. */
  now: () => number;
  createUuid: () => string;
}

/**
 * Largest event, bytes of JSON. Compressed and in base64, even noise of that size fits into a message of 1 MiB. PostHog put as much into a
 * batch for Kafka, `KAFKA_MAX_MESSAGE_BATCH_SIZE`.
 */
const MAX_EVENT_BYTES = 900_000;
const MAX_NAME_CHARACTERS = 200;

/**
 * `posthog.capture(event, properties)`: a new event of the plugin's project, which enters the start of the pipeline.
 * `timestamp` and `distinct_id` among the properties are the event's own; its project and uuid cannot be chosen. What it gives resolves when
 * the event will be sent before the batch is acknowledged.
 */
export function createCapture({ plugin, outbox, causes, realm, now, createUuid }: CaptureDeps) {
  return realm.method('posthog.capture', async (name: unknown, properties: Record<string, unknown> = {}) => {
    const capturedAt = new Date(now()).toISOString();
    const { timestamp, distinct_id: given, ...rest } = properties ?? {};
    const distinctId = given || plugin.name || `plugin-id-${plugin.id}`;
    const person = String(distinctId);
    const called = typeof name === 'string' ? name : `(${typeof name})`;
    const uuid = causes.uuid(plugin.id, () => ['event', called, person]) ?? createUuid();
    const json = JSON.stringify({
      uuid,
      team_id: plugin.teamId,
      event: name,
      distinct_id: person,
      ip: null,
      site_url: null,
      now: capturedAt,
      sent_at: capturedAt,
      timestamp: timestamp || capturedAt,
      properties: { ...LIBRARY, distinct_id: distinctId, ...rest },
    });
    const shownName = called.slice(0, MAX_NAME_CHARACTERS);
    refuseLarge(shownName, json);
    const hops = causes.hops(plugin.id) + 1;
    outbox.add({ plugin: plugin.id, teamId: plugin.teamId, uuid, name: shownName, hops, event: json });
  });
}

function refuseLarge(name: string, json: string): void {
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_EVENT_BYTES)
    throw new Error(
      `The event "${name}" has ${bytes} bytes as JSON; at most ${MAX_EVENT_BYTES} can be captured. Leave out properties, or capture several events.`,
    );
}
