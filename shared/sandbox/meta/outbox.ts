import type { PendingWork } from '../pending-work.ts';

/** Things that leave together: what one batch's plugins enqueue or capture is sent before the batch is acknowledged. */
export interface Outbox<Item> {
  /** @throws when it could never be sent. */
  add(item: Item): void;
  /** Sends the rest; resolves to whether there was any. @throws when anything since the last flush could not be sent. */
  flush(): Promise<boolean>;
}

/** So many are sent at once, without waiting for the end of the batch: an outbox must not fill the memory. */
const SEND_AT = 500;

export function createOutbox<Item>(
  send: (items: Item[]) => Promise<unknown>,
  problem: string | null,
  work: PendingWork,
): Outbox<Item> {
  let items: Item[] = [];
  let failure: unknown = null;

  const sendItems = async (): Promise<void> => {
    const batch = items;
    items = [];
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
      if (items.length >= SEND_AT) void work.track(sendItems());
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
