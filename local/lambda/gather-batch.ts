import { setTimeout as sleep } from 'node:timers/promises';
import type { SqsRecord } from './sqs-record.ts';

export interface GatherOptions {
  /**
   * Receives up to `most` messages, waiting up to `waitSeconds` (0–20, whole) for the first.
   * @throws when the signal aborts or the queue cannot be asked
   */
  receive(most: number, waitSeconds: number): Promise<SqsRecord[]>;
  batchSize: number;
  windowSeconds: number;
  now: () => number;
  /** Whether `now` may leap, so that no receive may be left waiting for the rest of a window. */
  leaps?: boolean;
  /** Told when the window that has begun ends. */
  onWindow?(end: number): void;
  signal: AbortSignal;
  /** Received before, but too much for the last batch. Taken first; what does not fit now is left here. */
  leftOver: SqsRecord[];
}

/** SQS hands out ten messages at a time. */
const MOST_PER_RECEIVE = 10;
/** The longest that SQS waits. */
const MOST_WAIT_SECONDS = 20;
/** Lambda's quota for a request, bytes of JSON: 6 MB. */
const MOST_PAYLOAD_BYTES = 6_291_556;
const PAYLOAD_AROUND_RECORDS_BYTES = Buffer.byteLength('{"Records":[]}');
/** How often an empty queue is asked again when less than a second of the window is left. */
const SHORT_POLL_MILLISECONDS = 50;

/**
 * Collects one batch: until it is full, its window is over, or its payload is. The window begins with the first message.
 *
 * @returns at least one record
 * @throws when the queue cannot be asked, or the signal aborts, before there is a first record
 */
export async function gatherBatch(options: GatherOptions): Promise<SqsRecord[]> {
  const { receive, batchSize, windowSeconds, now, leaps = false, signal, leftOver, onWindow } = options;
  const batch: SqsRecord[] = [];
  let payloadBytes = PAYLOAD_AROUND_RECORDS_BYTES;
  let windowEnd = Number.POSITIVE_INFINITY;

  /** Moves what fits from leftOver to the batch; says whether the batch is complete. */
  function take(): boolean {
    for (let record = leftOver[0]; record !== undefined; record = leftOver[0]) {
      const bytes = Buffer.byteLength(JSON.stringify(record)) + 1;
      // A single message is at most 1 MiB, so a batch is never empty for want of room.
      if (batch.length === batchSize || payloadBytes + bytes > MOST_PAYLOAD_BYTES) return true;
      if (batch.length === 0) {
        windowEnd = now() + windowSeconds * 1000;
        onWindow?.(windowEnd);
      }
      batch.push(record);
      leftOver.shift();
      payloadBytes += bytes;
    }
    return batch.length === batchSize;
  }

  while (!take()) {
    const leftMilliseconds = windowEnd - now();
    if (leftMilliseconds <= 0) break;
    const waitSeconds =
      leaps && batch.length > 0 ? 0 : Math.min(MOST_WAIT_SECONDS, Math.floor(leftMilliseconds / 1000));
    try {
      const received = await receive(Math.min(MOST_PER_RECEIVE, batchSize - batch.length), waitSeconds);
      leftOver.push(...received);
      if (received.length === 0 && waitSeconds === 0) {
        await sleep(Math.min(SHORT_POLL_MILLISECONDS, leftMilliseconds), undefined, { signal });
      }
    } catch (error) {
      // What has been received is worked on, else it would stay invisible for its whole visibility timeout.
      if (batch.length === 0) throw error;
      break;
    }
  }
  return batch;
}
