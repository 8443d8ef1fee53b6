import type { QueueMessage } from '../../../shared/aws/group-messages.ts';
import type { WalkedQueue } from '../../../shared/aws/walk-queue.ts';

/** Queues that have dead letters, by what messages are in them. */
export const DEAD_LETTER_QUEUES = ['events', 'ingestion', 'deliveries', 'tasks'] as const;

export type DeadLetterQueueName = (typeof DEAD_LETTER_QUEUES)[number];

/** The dead letters of one queue, and the way back. */
export interface DeadLetterQueue {
  letters: WalkedQueue;
  /** Sends to the queue that they came from, and gives what could not be sent. */
  sendBack<Message extends QueueMessage>(messages: Message[]): Promise<Message[]>;
}

export type DeadLetterQueues = Record<DeadLetterQueueName, DeadLetterQueue>;

/**
 * Attributes that tell of an end, and that Hoglet writes onto what it puts aside itself. They do not go back: a message that ends there a second time,
 * for another reason, would still tell of the first. All other attributes are for the consumer.
 */
export const STORY: Record<DeadLetterQueueName, readonly string[]> = {
  events: ['reason', 'detail', 'sourceMessageId', 'position'],
  ingestion: [],
  deliveries: ['reason', 'detail', 'pluginVersion'],
  tasks: [],
};
