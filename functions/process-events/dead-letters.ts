import { gzipSync } from 'node:zlib';
import type { SQSRecord } from 'aws-lambda';
import type { DeadLetter } from '../../shared/sandbox/protocol.ts';
import { hopsAttribute, hopsOf } from '../hops-attribute.ts';

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
    /** How many captures have led to it; absent for none. Sent again, it goes on from there. */
    hops?: string;
  };
}

/** What is kept of the message that a dead letter came from. */
export type DeadLetterSource = Pick<SQSRecord, 'messageId' | 'body'> & Partial<Pick<SQSRecord, 'messageAttributes'>>;

/** SQS takes 256 KiB of attributes; a detail is a sentence or two. */
const MAX_DETAIL_CHARACTERS = 1000;

/** SQS takes 1 MiB of body and attributes together; the attributes take up to four bytes for each character. */
const MAX_BODY_BYTES = 1_048_576 - 4 * MAX_DETAIL_CHARACTERS - 500;

/** A body that leaves no room for its attributes is compressed: read back, it is the same message. */
function fitting(body: string): string {
  if (body.length * 3 <= MAX_BODY_BYTES || Buffer.byteLength(body) <= MAX_BODY_BYTES) return body;
  return gzipSync(body).toString('base64');
}

/** Makes messages of what the plugin host refused: an event alone where it can be, otherwise the whole message as it came. */
export function deadLetterMessages(letters: DeadLetter[], records: DeadLetterSource[]): DeadLetterMessage[] {
  return letters.map((letter) => {
    const source = records[letter.record];
    if (source === undefined) throw new Error(`A dead letter names record ${letter.record} of ${records.length}`);
    return {
      record: letter.record,
      body: fitting(letter.body ?? source.body),
      attributes: {
        reason: letter.reason,
        detail: letter.detail.slice(0, MAX_DETAIL_CHARACTERS),
        sourceMessageId: source.messageId,
        ...(letter.position === undefined ? {} : { position: String(letter.position) }),
        ...hopsAttribute(hopsOf(source.messageAttributes)),
      },
    };
  });
}
