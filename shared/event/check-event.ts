import { deriveUuid, isUuid } from './event-uuid.ts';
import type { PluginEvent } from './plugin-event.ts';
import { Rejection } from './rejection.ts';

/** Makes an event of what came out of a message. @throws Rejection for this event alone. */
export type CheckEvent = (value: unknown, messageId: string, position: number) => PluginEvent;

/**
 * Checks what came out of a message and makes a PluginEvent of it, in place: `distinct_id` becomes a string, `team_id` a number,
 * and an event without a valid `uuid` gets one derived from its message and position, so a redelivery has the same one.
 *
 * @throws Rejection for this event alone.
 */
export function checkEvent(value: unknown, messageId: string, position: number): PluginEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Rejection('not_an_event', `An event must be an object; got ${value === null ? 'null' : typeof value}`);
  }
  const event = value as PluginEvent;
  if (typeof event.event !== 'string' || event.event === '') {
    throw new Rejection('missing_event', `\`event\` must be a non-empty string; got ${nameOf(event.event)}`);
  }
  if (typeof event.distinct_id !== 'string' || event.distinct_id === '')
    event.distinct_id = readDistinctId(event.distinct_id);
  if (!Number.isSafeInteger(event.team_id)) event.team_id = readTeamId(event.team_id);
  if (!isUuid(event.uuid)) event.uuid = deriveUuid(messageId, position);
  return event;
}

/** SDKs send numbers, too; PostHog makes strings of them. */
function readDistinctId(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Rejection(
    'missing_distinct_id',
    `\`distinct_id\` must be a non-empty string or a number; got ${nameOf(value)}`,
  );
}

function readTeamId(value: unknown): number {
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw new Rejection('missing_team_id', `\`team_id\` must be the whole number of a project; got ${nameOf(value)}`);
}

function nameOf(value: unknown): string {
  if (value === '') return 'an empty string';
  return value === null ? 'null' : typeof value;
}
