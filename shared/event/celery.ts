import type { PluginEvent } from './plugin-event.ts';
import type { ParseJson } from './read-message.ts';
import { Rejection } from './rejection.ts';

/** The task that PostHog's capture puts on the plugins queue. */
export const INPUT_TASK = 'posthog.tasks.process_event.process_event_with_plugins';
/** The task that PostHog's workers ingest: they need not know that a step was added. */
export const OUTPUT_TASK = 'posthog.tasks.process_event.process_event';

/** Tells a Celery message (protocol 1 or 2, as Kombu writes it) from an event that happens to have a `body`. */
export function isCeleryMessage(message: Record<string, unknown>): boolean {
  return typeof message['body'] === 'string' && isObject(message['properties']) && !('event' in message);
}

/**
 * Makes the event that a Celery task carries, from args `[distinct_id, ip, site_url, data, team_id, now, sent_at]`.
 * What the server knows (the args) wins over what the client sent (`data`): a client cannot choose its project.
 *
 * @throws Rejection `bad_task` or `unknown_task`.
 */
export function eventFromTask(message: Record<string, unknown>, parse: ParseJson): Record<string, unknown> {
  const { task, args } = readTask(message, parse);
  if (task !== INPUT_TASK && task !== OUTPUT_TASK) {
    throw new Rejection(
      'unknown_task',
      `The task is ${JSON.stringify(task)}; allowed are ${INPUT_TASK} and ${OUTPUT_TASK}`,
    );
  }
  const [distinctId, ip, siteUrl, data, teamId, now, sentAt] = args;
  if (!isObject(data)) {
    throw new Rejection(
      'bad_task',
      `The task's fourth argument must be the event's data, an object; got ${typeof data}`,
    );
  }
  // In place, so that the event stays an object of the realm that parsed it.
  return Object.assign(data, {
    distinct_id: distinctId ?? data['distinct_id'],
    ip: ip === '' ? null : ip,
    site_url: siteUrl === '' ? null : siteUrl,
    team_id: teamId,
    now,
    sent_at: typeof sentAt === 'string' ? sentAt : null,
  });
}

/** Writes the Celery message (protocol 2) that PostHog's workers ingest. The task's id is the event's uuid, so a redelivery has the same one. */
export function taskFromEvent(event: PluginEvent): string {
  const { distinct_id, ip = null, site_url = null, team_id, now, sent_at = null, ...data } = event;
  const args = [distinct_id, ip, site_url, data, team_id, now ?? null, sent_at];
  return JSON.stringify({
    body: Buffer.from(JSON.stringify([args, {}, {}])).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: { lang: 'js', task: OUTPUT_TASK, id: event.uuid },
    properties: {
      correlation_id: event.uuid,
      reply_to: '',
      delivery_mode: 2,
      delivery_info: { exchange: '', routing_key: 'celery' },
      priority: 0,
      body_encoding: 'base64',
      delivery_tag: event.uuid,
    },
  });
}

function readTask(message: Record<string, unknown>, parse: ParseJson): { task: unknown; args: unknown[] } {
  const content = readTaskBody(message, parse);
  const headers = isObject(message['headers']) ? message['headers'] : {};
  // Protocol 2: the task's name is a header and the body is [args, kwargs, embed]. Protocol 1: all is in the body.
  const task = isObject(content) ? content['task'] : headers['task'];
  const args = isObject(content) ? content['args'] : Array.isArray(content) ? content[0] : undefined;
  if (!Array.isArray(args)) {
    throw new Rejection(
      'bad_task',
      'The task has no list of arguments; expected [[…args], {…kwargs}, {…}] or {task, args}',
    );
  }
  return { task, args };
}

function readTaskBody(message: Record<string, unknown>, parse: ParseJson): unknown {
  const body = message['body'] as string;
  const encoding = (message['properties'] as Record<string, unknown>)['body_encoding'];
  try {
    return parse(encoding === 'base64' ? Buffer.from(body, 'base64').toString('utf8') : body);
  } catch {
    throw new Rejection(
      'bad_task',
      `The task's body is not JSON in the encoding it declares (${JSON.stringify(encoding ?? null)})`,
    );
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
