import { messageBytes, type QueueMessage } from '../../../shared/aws/group-messages.ts';
import type { HeldMessage } from '../../../shared/aws/walk-queue.ts';
import { DEFAULT_MESSAGE_LIMITS, plainBody } from '../../../shared/event/read-message.ts';
import { readTask } from '../../../shared/state/task.ts';
import { type DeadLetterQueueName, STORY } from './dead-letter-queues.ts';

/** What SQS has moved itself has no reason of its own. */
export const RECEIVED_TOO_OFTEN = 'received_too_often';

/** What a dead letter tells without its body. */
export interface DeadLetter {
  id: string;
  /** A code of docs/errors.md. */
  reason: string;
  detail: string | null;
  sourceMessageId: string | null;
  position: number | null;
  /** Whose it is, where a message is one plugin config's. */
  pluginConfig: number | null;
  /** Milliseconds since 1970. */
  firstSeenAt: number;
  receiveCount: number;
  /** Body and attributes, as SQS counts them. */
  sizeBytes: number;
}

export function readDeadLetter(queue: DeadLetterQueueName, message: HeldMessage): DeadLetter {
  const { id, body, attributes, sentAt, receiveCount } = message;
  const story = (name: string): string | null =>
    STORY[queue].includes(name) ? (attributes[name]?.StringValue ?? null) : null;
  return {
    id,
    reason: story('reason') ?? RECEIVED_TOO_OFTEN,
    detail: story('detail'),
    sourceMessageId: story('sourceMessageId'),
    position: wholeNumber(story('position')),
    pluginConfig: pluginConfigOf(queue, message),
    firstSeenAt: sentAt,
    receiveCount,
    sizeBytes: messageBytes({ body, rawAttributes: attributes }),
  };
}

/** The message as its consumer gets it once more. */
export function messageBack(queue: DeadLetterQueueName, message: HeldMessage): QueueMessage {
  const { body, attributes, group = pluginConfigOf(queue, message) } = message;
  const kept = Object.entries(attributes).filter(([name]) => !STORY[queue].includes(name));
  return {
    body,
    ...(kept.length > 0 && { rawAttributes: Object.fromEntries(kept) }),
    ...(group !== null && { group: String(group) }),
  };
}

/** The body as text for people, decompressed where it can be. */
export function shownBody({ body }: Pick<HeldMessage, 'body'>, limits: { characters: number; inflatedBytes: number }) {
  let text = body;
  try {
    text = plainBody(body, { ...DEFAULT_MESSAGE_LIMITS, maxInflatedBytes: limits.inflatedBytes });
  } catch {
    // It is broken, which may be why it is here, or too large to be looked into: shown as it is.
  }
  return { body: text.slice(0, limits.characters).toWellFormed(), body_truncated: text.length > limits.characters };
}

function pluginConfigOf(queue: DeadLetterQueueName, { body, attributes }: HeldMessage): number | null {
  if (queue === 'deliveries') return wholeNumber(attributes['pluginConfig']?.StringValue ?? null);
  return queue === 'tasks' ? (readTask(body)?.plugin ?? null) : null;
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
