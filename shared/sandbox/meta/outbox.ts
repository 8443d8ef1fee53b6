import type { PendingWork } from '../pending-work.ts';

/** Things that leave together: what one batch's plugins enqueue or capture is sent before the batch is acknowledged. */
export interface Outbox<Item> {
  /** @throws when it could never be sent. */
  add(item: Item): void;
  /** Sends the rest; resolves to whether there was any. @throws when anything since the last flush could not be sent. */
  flush(): Promise<boolean>;
}

/**
 * Characters that are sent at once, without waiting for the end of the batch: an outbox must not fill the memory. Some ten full messages
 * of the queue, so that few are less than full.
 */
const SEND_AT_CHARACTERS = 4 * 1024 * 1024;

export function createOutbox<Item>(
  send: (items: Item[]) => Promise<unknown>,
  /** Characters of an item, about. */
  lengthOf: (item: Item) => number,
  problem: string | null,
  work: PendingWork,
): Outbox<Item> {
  let items: Item[] = [];
  let characters = 0;
  let failure: unknown = null;

  const sendItems = async (): Promise<void> => {
    const batch = items;
    items = [];
    characters = 0;
    if (batch.length === 0) return;
    try {
      await send(batch);
    } catch (error) {
      failure ??= error;
    }
  };

  return {
    add(item) {
      if (problem !== null) throw new Error(problem);
      items.push(item);
      characters += lengthOf(item);
      if (characters >= SEND_AT_CHARACTERS) void work.track(sendItems());
    },
    async flush() {
      const hasItems = items.length > 0;
      await sendItems();
      const thrown = failure;
      failure = null;
      if (thrown !== null) throw thrown;
      return hasItems;
    },
  };
}
