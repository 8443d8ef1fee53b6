import type { HeldMessage, WalkedQueue } from '../../../shared/aws/walk-queue.ts';
import type { AdminDeps } from '../admin-deps.ts';
import type { DeadLetterQueueName } from './dead-letter-queues.ts';

export interface FoundLetter {
  message: HeldMessage | undefined;
  examined: number;
  complete: boolean;
}

/** Somebody else's look takes a second or two. */
const LOOKS = 5;
const PAUSE_MILLISECONDS = 500;

/** Looks for a dead letter by its id: SQS has no other way than to look at all. What others look at is hidden: then it looks again. */
export async function findLetter(
  { deadLetters, sleep }: Pick<AdminDeps, 'deadLetters' | 'sleep'>,
  queue: DeadLetterQueueName,
  id: string,
): Promise<FoundLetter> {
  const { letters } = deadLetters[queue];
  for (let look = 1; ; look++) {
    let message: HeldMessage | undefined;
    const { examined, complete } = await letters.walk(async (messages) => {
      message ??= messages.find((each) => each.id === id);
      return message !== undefined;
    });
    const isLast = message !== undefined || !complete || look >= LOOKS || (await countOf(letters)) <= examined;
    if (isLast) return { message, examined, complete };
    await sleep(PAUSE_MILLISECONDS);
  }
}

async function countOf(letters: WalkedQueue): Promise<number> {
  const { waiting, hidden } = await letters.count();
  return waiting + hidden;
}
