import type { HeldMessage } from '../../../shared/aws/walk-queue.ts';
import { messageBack } from './dead-letter.ts';
import type { DeadLetterQueue, DeadLetterQueueName } from './dead-letter-queues.ts';

/** What came of it. */
export interface HandledLetters {
  /** Dead letters that were looked at. */
  examined: number;
  /** Those that are back in their queue. */
  redriven: number;
  /** Those that the queue did not take: they stay. */
  notSent: number;
  /** Those that could not be removed: they may be here still, and with `redrive` they are in their queue as well. */
  notRemoved: number;
  removed: number;
  /** All that waited were looked at. */
  complete: boolean;
}

export interface HandleLetters {
  isWanted(message: HeldMessage): boolean;
  /** At most so many. */
  limit: number;
}

/**
 * Sends dead letters back to the queue that they came from, and removes each once the queue has it: whoever dies in between leaves it in both, so that
 * it is worked on twice, and never lost.
 */
export function redrive(name: DeadLetterQueueName, queue: DeadLetterQueue, wanted: HandleLetters) {
  return handle(queue, wanted, async (messages) => {
    const back = messages.map((message) => ({ ...messageBack(name, message), message }));
    const unsent = new Set((await queue.sendBack(back)).map(({ message }) => message));
    return messages.filter((message) => !unsent.has(message));
  });
}

/** Removes dead letters for good. */
export function removeLetters(queue: DeadLetterQueue, wanted: HandleLetters): Promise<HandledLetters> {
  return handle(queue, wanted, async (messages) => messages);
}

async function handle(
  { letters }: DeadLetterQueue,
  { isWanted, limit }: HandleLetters,
  /** Gives those that may be removed now. */
  letGo: (messages: HeldMessage[]) => Promise<HeldMessage[]>,
): Promise<HandledLetters> {
  const counts = { redriven: 0, notSent: 0, notRemoved: 0, removed: 0 };
  let left = limit;
  const outcome = await letters.walk(async (messages, remove) => {
    const chosen = messages.filter(isWanted).slice(0, left);
    // Before anything is awaited: others walk at the same time.
    left -= chosen.length;
    if (chosen.length > 0) {
      const free = await letGo(chosen);
      const kept = await remove(free);
      counts.redriven += free.length;
      counts.notSent += chosen.length - free.length;
      counts.notRemoved += kept.length;
      counts.removed += free.length - kept.length;
    }
    // A queue that takes nothing takes nothing more a moment later.
    return left <= 0 || counts.notSent > 0;
  });
  return { ...counts, ...outcome };
}
