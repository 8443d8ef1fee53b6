import { compress } from '../event/pack-events.ts';
import { queueText } from '../event/queue-text.ts';
import type { Rejection } from '../event/rejection.ts';
import type { DeadLetter } from './protocol.ts';

/** Above so many bad events the message is kept as it came: as one dead letter, not as thousands of a few bytes each. */
const MAX_LETTERS_PER_RECORD = 100;

/** Gzip level for the rare event that is too large for a dead letter in plain text. */
const COMPRESSION = { algorithm: 'gzip', level: 6 } as const;

/** Collects the events of one record that are none. */
export interface BadEvents {
  add(value: unknown, position: number, rejection: Rejection): void;
  /** Together they stand for as many events as were added. */
  letters(): DeadLetter[];
}

/** @param total how many events the record has; one that is alone is its message. */
export function createBadEvents(record: number, total: number, maxBodyBytes: number): BadEvents {
  const letters: DeadLetter[] = [];
  let count = 0;
  return {
    add(value, position, { reason, message: detail }) {
      if (++count > MAX_LETTERS_PER_RECORD) return;
      const body = total === 1 ? undefined : bodyOf(value, maxBodyBytes);
      letters.push({
        record,
        ...(total === 1 ? {} : { position }),
        reason,
        detail,
        ...(body === undefined ? {} : { body }),
      });
    },
    letters() {
      const [first] = letters;
      if (first === undefined || count <= MAX_LETTERS_PER_RECORD) return letters;
      const detail = `${count} of the ${total} events of this message are bad; the first, at position ${first.position}: ${first.detail}`;
      return [{ record, reason: first.reason, detail, count }];
    },
  };
}

/** The event alone, as the body of its dead letter; undefined when it cannot be one, and the whole message must be kept. */
function bodyOf(value: unknown, maxBytes: number): string | undefined {
  let text: string;
  try {
    text = queueText(JSON.stringify(value));
  } catch {
    // JSON.parse reads nesting that is too deep for JSON.stringify.
    return undefined;
  }
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const compressed = compress(Buffer.from(text), COMPRESSION);
  return compressed.length <= maxBytes ? compressed.toString('latin1') : undefined;
}
