/** A queue whose reader waits for what is not there yet. */
export interface Mailbox<Item> {
  put(item: Item): void;
  take(): Promise<Item>;
}

export function createMailbox<Item>(): Mailbox<Item> {
  const items: Item[] = [];
  let wake: (() => void) | null = null;
  return {
    put(item: Item) {
      items.push(item);
      wake?.();
    },
    async take(): Promise<Item> {
      while (items.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return items.shift() as Item;
    },
  };
}
