import type { QueueState } from '../servers/queue-time.ts';
import type { Clock } from '../time/clock.ts';
import type { SqsRecord } from './sqs-record.ts';

/** Follows what an event source mapping has to do, for a clock that leaps. */
export interface Backlog {
  received(records: SqsRecord[]): void;
  /** A batch is being gathered until its window ends. */
  gathers(windowEnd: number): void;
  /** The batch that was gathered is being worked on. */
  invoked(batch: SqsRecord[]): void;
  /** What of the batch is left on the queue waits for its visibility timeout. */
  done(batch: SqsRecord[]): void;
  stop(): void;
}

export interface BacklogOptions {
  clock: Clock;
  queueArn: string;
  queueState(): QueueState;
}

/**
 * Lets a clock leap only when the queue holds nothing that could be worked on now. A message is somebody's at every
 * moment: the queue's, on its way to the mapping, the mapping's, or left to its visibility timeout.
 */
export function watchBacklog({ clock, queueArn, queueState }: BacklogOptions): Backlog {
  const held = new Set<string>();
  const workedOn = new Set<string>();
  // What an earlier run or somebody else has received is nothing to wait for.
  let left = new Set(queueState().inFlight.map(({ receiptHandle }) => receiptHandle));
  let windowEnd: number | undefined;

  const detach = clock.attach({
    underWay() {
      const { visible, inFlight } = queueState();
      const received = inFlight.map(({ receiptHandle }) => receiptHandle);
      left = new Set(received.filter((each) => left.has(each)));
      const gathering = windowEnd !== undefined && clock.now() < windowEnd;
      const onTheirWay = received.filter((each) => !left.has(each) && !held.has(each) && !workedOn.has(each)).length;
      const busy = visible + onTheirWay + workedOn.size + (gathering ? 0 : held.size);
      return busy === 0 ? undefined : `messages of ${queueArn} are being worked on`;
    },
    dueAt() {
      const { delayedUntil, inFlight } = queueState();
      const times = [...delayedUntil, ...inFlight.map(({ until }) => until), ...[windowEnd ?? []].flat()];
      return times.length === 0 ? undefined : Math.min(...times);
    },
  });

  return {
    received(records) {
      for (const { receiptHandle } of records) held.add(receiptHandle);
    },
    gathers: (end) => void (windowEnd = end),
    invoked(batch) {
      windowEnd = undefined;
      for (const { receiptHandle } of batch) {
        held.delete(receiptHandle);
        workedOn.add(receiptHandle);
      }
    },
    done(batch) {
      for (const { receiptHandle } of batch) {
        workedOn.delete(receiptHandle);
        left.add(receiptHandle);
      }
    },
    stop: detach,
  };
}
