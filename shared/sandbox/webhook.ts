import { eventTime } from '../event/event-time.ts';
import type { PluginEvent } from '../event/plugin-event.ts';
import { namedError } from './hook-error.ts';
import type { Plugin } from './plugin.ts';
import type { RealmValues } from './realm-values.ts';

/** The event as `composeWebhook` gets it: PostHog's later shape, with `timestamp` as a Date and the rest inside of `properties`. */
export function eventForWebhook(given: object, values: RealmValues): object {
  const source = given as PluginEvent;
  const { uuid, team_id, distinct_id, event, ip, properties, $set, $set_once } = source;
  const all = values.parse('{}') as Record<string, unknown>;
  const own = values.parse('{}') as Record<string, unknown>;
  Object.assign(own, properties);
  if (ip !== null && ip !== undefined) own['$ip'] ??= ip;
  if ($set !== undefined) own['$set'] = { ...$set, ...(own['$set'] as object | undefined) };
  if ($set_once !== undefined) own['$set_once'] = { ...$set_once, ...(own['$set_once'] as object | undefined) };
  const timestamp = values.date(eventTime(source));
  return Object.assign(all, { uuid, team_id, distinct_id, event, timestamp, properties: own });
}

/**
 * Sends what `composeWebhook` returned: `{ url, body, headers, method }`, or nothing at all.
 *
 * @throws Error when the receiver does not answer with success, so that the event counts as not delivered.
 */
export async function sendWebhook(composed: unknown, plugin: Plugin): Promise<void> {
  if (typeof composed !== 'object' || composed === null) return;
  const { url, body, headers, method = 'POST' } = composed as Record<string, unknown>;
  if (typeof url !== 'string')
    throw namedError('TypeError', `composeWebhook returned no url; got ${typeof url}, a string is expected`);
  const response = await plugin.fetch(url, {
    method: String(method),
    headers: (headers ?? {}) as Record<string, string>,
    ...(body === undefined || body === null ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  if (!response.ok) throw namedError('Error', `The webhook’s receiver answered ${response.status}`);
}
