import { z } from '@hono/zod-openapi';
import type { HeldMessage } from '../../../shared/aws/walk-queue.ts';
import { id, instant } from '../field-schemas.ts';
import { inputProblem } from '../read-input.ts';
import { readDeadLetter } from './dead-letter.ts';
import type { DeadLetterQueueName } from './dead-letter-queues.ts';

export const messageId = z.string().regex(/^[\w-]{20,100}$/, 'must be the id of a message');

const MOST_IDS = 100;
const MOST_AT_ONCE = 10_000;

/** Which dead letters something is done with. Nobody gets all of them without asking for all. */
export const SELECTION = z
  .strictObject({
    all: z.literal(true).optional(),
    ids: z.array(messageId).min(1).max(MOST_IDS).optional(),
    reason: z.string().min(1).max(100).optional(),
    plugin_config: id.optional().openapi({ description: 'With `deliveries` and `tasks`' }),
    before: instant
      .optional()
      .openapi({ description: 'Only what is older; this moment unless given, so that what comes back is left alone' }),
    limit: z.int().min(1).max(MOST_AT_ONCE).default(1_000),
  })
  .refine(
    ({ all, ids, reason, plugin_config: config }) => (all === undefined) === [ids, reason, config].some(isGiven),
    {
      path: ['all'],
      message: 'say which: `all`, or some of `ids`, `reason` and `plugin_config`',
    },
  );

export type Selection = z.output<typeof SELECTION>;

/** Tells whether a message is one of those. @throws Problem when the queue's messages are of no plugin config */
export function selector(
  queue: DeadLetterQueueName,
  { ids, reason, plugin_config: pluginConfig }: Pick<Selection, 'ids' | 'reason' | 'plugin_config'>,
  before: number,
  place = 'body',
): (message: HeldMessage) => boolean {
  if (pluginConfig !== undefined && (queue === 'events' || queue === 'ingestion')) {
    throw inputProblem([{ path: `${place}.plugin_config`, message: `messages of ${queue} are of no plugin config` }]);
  }
  return (message) => {
    if (message.sentAt >= before || ids?.includes(message.id) === false) return false;
    if (reason === undefined && pluginConfig === undefined) return true;
    const letter = readDeadLetter(queue, message);
    return (
      (reason === undefined || letter.reason === reason) &&
      (pluginConfig === undefined || letter.pluginConfig === pluginConfig)
    );
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined;
}
