import type { Clock } from '../time/clock.ts';

/** What a queue holds, with times in the clock's milliseconds. */
export interface QueueState {
  /** How many messages could be received right now. */
  visible: number;
  /** When messages that are delayed come. */
  delayedUntil: number[];
  /** What has been received, and when it can be received again. */
  inFlight: { receiptHandle: string; until: number }[];
}

interface StoredMessage {
  sentTimestamp: number;
  delayUntil?: number;
}

/** A queue as fauxqs 2.4.1 has it in memory: as much of it as time is in. */
export interface ClockedQueue {
  enqueue(message: StoredMessage): void;
  inspectMessages(): {
    ready: StoredMessage[];
    delayed: StoredMessage[];
    inflight: { receiptHandle: string; visibilityDeadline: number }[];
  };
}

interface ClockedQueueStore {
  queues: Map<string, ClockedQueue>;
}

/** Methods of a queue that look at the time; none of them awaits anything. */
const TIMED = ['dequeue', 'changeVisibility', 'processTimers'] as const;

/**
 * Makes a store's queues live by a clock that leaps. fauxqs asks `Date.now()`, and only within methods that run to their
 * end at once, so `Date.now` is the clock's for as long as one of them runs. With this machine's clock nothing changes.
 */
export function keepQueueTime(store: object, clock: Clock): void {
  if (!clock.leaps) return;
  const { queues } = store as ClockedQueueStore;
  const setQueue = queues.set.bind(queues);
  // Every queue is set here, whether it is created or loaded from the last run.
  queues.set = (url, queue) => setQueue(url, clocked(queue, clock));
}

function clocked(queue: ClockedQueue, clock: Clock): ClockedQueue {
  const methods = queue as unknown as Record<string, (...values: unknown[]) => unknown>;
  for (const name of TIMED) {
    const original = methods[name]?.bind(queue);
    if (original === undefined) throw new Error(`fauxqs: a queue has no ${name}; its time cannot be kept`);
    methods[name] = (...values) => atTimeOf(clock, () => original(...values));
  }
  const enqueue = queue.enqueue.bind(queue);
  queue.enqueue = (message) => {
    // What is sent was stamped before it got here. A dead letter comes from within another method, stamped already.
    if (!inClockTime) {
      const aheadMilliseconds = clock.now() - Date.now();
      message.sentTimestamp += aheadMilliseconds;
      if (message.delayUntil !== undefined) message.delayUntil += aheadMilliseconds;
    }
    atTimeOf(clock, () => enqueue(message));
  };
  return queue;
}

let inClockTime = false;

/** Runs what is over at once with the clock's time as `Date.now()`. */
export function atTimeOf<T>(clock: Clock, action: () => T): T {
  if (!clock.leaps || inClockTime) return action();
  const machineNow = Date.now;
  const now = clock.now();
  inClockTime = true;
  Date.now = () => now;
  try {
    return action();
  } finally {
    Date.now = machineNow;
    inClockTime = false;
  }
}

/** @returns empty when there is no such queue */
export function readQueueState(queue: ClockedQueue | undefined, clock: Clock): QueueState {
  if (queue === undefined) return { visible: 0, delayedUntil: [], inFlight: [] };
  const { ready, delayed, inflight } = queue.inspectMessages();
  const now = clock.now();
  const delayedUntil = delayed.map(({ delayUntil }) => Number(delayUntil));
  const inFlight = inflight.map(({ receiptHandle, visibilityDeadline }) => ({
    receiptHandle,
    until: visibilityDeadline,
  }));
  const due = [...delayedUntil, ...inFlight.map(({ until }) => until)].filter((time) => time <= now).length;
  return { visible: ready.length + due, delayedUntil, inFlight };
}
