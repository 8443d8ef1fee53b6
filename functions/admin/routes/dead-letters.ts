import { z } from '@hono/zod-openapi';
import type { HeldMessage } from '../../../shared/aws/walk-queue.ts';
import { readDeadLetter, shownBody } from '../dead-letters/dead-letter.ts';
import { DEAD_LETTER_QUEUES, type DeadLetterQueueName } from '../dead-letters/dead-letter-queues.ts';
import { findLetter } from '../dead-letters/find-letter.ts';
import { type HandledLetters, redrive, removeLetters } from '../dead-letters/redrive.ts';
import { messageId, SELECTION, type Selection, selector } from '../dead-letters/selection.ts';
import { id, idText, time } from '../field-schemas.ts';
import { numberText } from '../pages.ts';
import { Problem } from '../problem.ts';
import { type Answer, type Route, route } from '../route.ts';

const LIST = '/api/dead_letters/';
const QUEUE = `${LIST}{queue}/`;

const queue = z.enum(DEAD_LETTER_QUEUES);
const byQueue = z.object({ queue });

const LETTER = z.strictObject({
  id: z.string(),
  reason: z.string(),
  detail: z.string().nullable(),
  source_message_id: z.string().nullable(),
  position: z.int().nullable(),
  plugin_config: id.nullable(),
  first_seen_at: time,
  receive_count: z.int().openapi({ description: 'Each look at it counts' }),
  size_bytes: z.int(),
  body: z.string().openapi({ description: 'Its beginning, decompressed' }),
  body_truncated: z.boolean(),
});
const WHOLE_LETTER = LETTER.extend({ attributes: z.record(z.string(), z.string()) }).openapi('DeadLetter');

const HANDLED = {
  examined: z.int(),
  not_removed: z.int().openapi({ description: 'Could not be removed, and may be there still' }),
  complete: z.boolean().openapi({ description: 'False: the limit was reached, or the time was over. Ask again' }),
  before: time,
};

/** A list shows what a message is about, not all of it: together they must fit into 6 MB. */
const IN_LIST = { characters: 500, inflatedBytes: 2_000_000 };
const ALONE = { characters: 100_000, inflatedBytes: 10_000_000 };

export const DEAD_LETTER_ROUTES: Route[] = [
  route({
    method: 'get',
    path: LIST,
    scope: 'admin',
    summary: 'Counts dead letters, by the queue that they came from',
    answer: {
      status: 200,
      description: 'About how many there are, and how many of them somebody is looking at',
      schema: z.strictObject({
        results: z.array(z.strictObject({ queue, count: z.int(), hidden: z.int() })),
      }),
    },
    async handle({ deadLetters }) {
      const results = await Promise.all(
        DEAD_LETTER_QUEUES.map(async (name) => {
          const { waiting, hidden } = await deadLetters[name].letters.count();
          return { queue: name, count: waiting + hidden, hidden };
        }),
      );
      return { status: 200, body: { results } };
    },
  }),
  route({
    method: 'get',
    path: QUEUE,
    scope: 'admin',
    summary: 'Looks at dead letters of a queue, in no order, and puts them back',
    params: byQueue,
    query: z.object({
      limit: numberText(20, 1, 100),
      reason: z.string().min(1).max(100).optional(),
      plugin_config: idText.optional(),
    }),
    answer: {
      status: 200,
      description: 'Some of them',
      schema: z.strictObject({ examined: z.int(), complete: z.boolean(), results: z.array(LETTER) }),
    },
    async handle({ deadLetters }, { params, query }) {
      const isWanted = selector(params.queue, query, Number.POSITIVE_INFINITY, 'query');
      const found: HeldMessage[] = [];
      const { examined, complete } = await deadLetters[params.queue].letters.walk(async (messages) => {
        found.push(...messages.filter(isWanted).slice(0, query.limit - found.length));
        return found.length >= query.limit;
      });
      const results = found.map((message) => shown(params.queue, message, IN_LIST));
      return { status: 200, body: { examined, complete, results } };
    },
  }),
  route({
    method: 'get',
    path: `${QUEUE}{id}/`,
    scope: 'admin',
    summary: 'Looks for one dead letter, and puts it back',
    params: z.object({ queue, id: messageId }),
    answer: { status: 200, description: 'It', schema: WHOLE_LETTER },
    async handle(deps, { params }) {
      const { message, examined, complete } = await findLetter(deps, params.queue, params.id);
      if (message === undefined) {
        const rest = complete ? '' : '; there are more, for which there was no time';
        throw new Problem(
          'not_found',
          `There is no dead letter ${params.id} among the ${examined} of ${params.queue}${rest}`,
        );
      }
      const attributes = Object.entries(message.attributes).map(
        ([name, { StringValue, BinaryValue = new Uint8Array() }]): [string, string] => [
          name,
          StringValue ?? Buffer.from(BinaryValue).toString('base64'),
        ],
      );
      const body = { ...shown(params.queue, message, ALONE), attributes: Object.fromEntries(attributes) };
      return { status: 200, body };
    },
  }),
  route({
    method: 'post',
    path: `${QUEUE}redrive/`,
    scope: 'admin',
    summary: 'Sends dead letters back to their queue, then removes them',
    params: byQueue,
    body: SELECTION,
    answer: {
      status: 200,
      description: 'What came of it',
      schema: z.strictObject({ redriven: z.int(), not_sent: z.int(), ...HANDLED }),
    },
    async handle({ deadLetters, now }, { params, body }) {
      const before = body.before ?? now();
      const isWanted = selector(params.queue, body, before);
      const outcome = await redrive(params.queue, deadLetters[params.queue], { isWanted, limit: body.limit });
      return answer(params.queue, body, before, outcome, { redriven: outcome.redriven, not_sent: outcome.notSent });
    },
  }),
  route({
    method: 'post',
    path: `${QUEUE}delete/`,
    scope: 'admin',
    summary: 'Removes dead letters for good',
    params: byQueue,
    body: SELECTION,
    answer: {
      status: 200,
      description: 'What came of it',
      schema: z.strictObject({ removed: z.int(), ...HANDLED }),
    },
    async handle({ deadLetters, now }, { params, body }) {
      const before = body.before ?? now();
      const isWanted = selector(params.queue, body, before);
      const outcome = await removeLetters(deadLetters[params.queue], { isWanted, limit: body.limit });
      return answer(params.queue, body, before, outcome, { removed: outcome.removed });
    },
  }),
];

function shown(name: DeadLetterQueueName, message: HeldMessage, limits: typeof IN_LIST): z.input<typeof LETTER> {
  const letter = readDeadLetter(name, message);
  return {
    id: letter.id,
    reason: letter.reason,
    detail: letter.detail,
    source_message_id: letter.sourceMessageId,
    position: letter.position,
    plugin_config: letter.pluginConfig,
    first_seen_at: new Date(letter.firstSeenAt).toISOString(),
    receive_count: letter.receiveCount,
    size_bytes: letter.sizeBytes,
    ...shownBody(message, limits),
  };
}

/** @param counts what is told of this route alone */
function answer(
  name: DeadLetterQueueName,
  selection: Selection,
  before: number,
  { examined, notRemoved, complete }: HandledLetters,
  counts: Record<string, number>,
): Answer {
  const outcome = { ...counts, not_removed: notRemoved };
  const body = { ...outcome, examined, complete, before: new Date(before).toISOString() };
  return { status: 200, body, change: { target: `dead letters of ${name}`, details: { ...selection, ...outcome } } };
}
