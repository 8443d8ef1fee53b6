import { INPUT_TASK } from '../../shared/event/celery.ts';
import type { DemoEvent } from './demo-events.ts';

/** Writes an event as PostHog's capture puts it on the plugins queue: a Celery message, protocol 2. It carries no uuid. */
export function inputTask(
  { uuid, distinct_id, ip, site_url, team_id, now, sent_at, ...data }: DemoEvent,
  task: string = INPUT_TASK,
): string {
  const args = [distinct_id, ip ?? null, site_url ?? null, data, team_id, now, sent_at ?? null];
  const content = [args, {}, { callbacks: null, errbacks: null, chain: null, chord: null }];
  return JSON.stringify({
    body: Buffer.from(JSON.stringify(content)).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: { lang: 'py', task, id: uuid },
    properties: {
      correlation_id: uuid,
      body_encoding: 'base64',
      delivery_mode: 2,
      delivery_info: { exchange: '', routing_key: 'posthog-plugins' },
      delivery_tag: uuid,
    },
  });
}
