import type { QueuedMessage } from '../../local/servers/queue-and-bucket-server.ts';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../shared/event/read-message.ts';
import { plainLine } from '../table-text.ts';
import type { DevNews } from './dev-news.ts';

export interface WatchedQueues {
  ingestion: string;
  deadLetters: string;
}

/** What Hoglet adds to events, for whoever reads the queue by program. */
const LEFT_OUT = new Set(['$plugins_succeeded', '$plugins_failed', '$plugins_deferred']);

/** News of a message that enters the ingestion queue, or the dead letters of events. */
export function newsOfMessage(
  { queueName, body, attributes }: QueuedMessage,
  queues: WatchedQueues,
  at: number,
): DevNews[] {
  if (queueName === queues.ingestion)
    return eventsIn(body).map((event) => ({ kind: 'event', at, text: textOf(event), event }));
  if (queueName !== queues.deadLetters) return [];
  const { reason = 'received too often', detail } = attributes;
  const text = `${reason}${detail === undefined ? '' : `: ${detail}`}`;
  return [{ kind: 'dead-letter', at, text: `${plainLine(text)}\n${plainLine(body.slice(0, 200))}`, reason, body }];
}

function eventsIn(body: string): PluginEvent[] {
  return readMessage(body, DEFAULT_MESSAGE_LIMITS) as PluginEvent[];
}

function textOf({ event, distinct_id: who, properties = {} }: PluginEvent): string {
  const shown = Object.entries(properties).filter(([name]) => !LEFT_OUT.has(name));
  return plainLine(`${event} of ${who} ${JSON.stringify(Object.fromEntries(shown))}`);
}
