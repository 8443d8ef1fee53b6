import type { SQSRecord } from 'aws-lambda';
import type { DeadLetter } from '../../shared/sandbox/protocol.ts';

/** A message for the dead letters of `events`, with its story in the attributes. */
export interface DeadLetterMessage {
  /** Index of the record it came from. */
  record: number;
  body: string;
  attributes: {
    /** A code of `shared/event/rejection.ts`. */
    reason: string;
    /** What was got and what is allowed. */
    detail: string;
    /** The message it came from; with `position`, the identity of a dead letter that is sent twice. */
    sourceMessageId: string;
    /** Which event of the message; absent when the body is the whole message. */
    position?: string;
  };
}

/** SQS takes 256 KiB of attributes; a detail is a sentence or two. */
const MAX_DETAIL_CHARACTERS = 1000;

/** Makes messages of what the plugin host refused: an event alone where it can be, otherwise the whole message as it came. */
export function deadLetterMessages(
  letters: DeadLetter[],
  records: Pick<SQSRecord, 'messageId' | 'body'>[],
): DeadLetterMessage[] {
  return letters.map((letter) => {
    const source = records[letter.record];
    if (source === undefined) throw new Error(`A dead letter names record ${letter.record} of ${records.length}`);
    return {
      record: letter.record,
      body: letter.body ?? source.body,
      attributes: {
        reason: letter.reason,
        detail: letter.detail.slice(0, MAX_DETAIL_CHARACTERS),
        sourceMessageId: source.messageId,
        ...(letter.position === undefined ? {} : { position: String(letter.position) }),
      },
    };
  });
}
