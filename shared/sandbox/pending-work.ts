/** Promises handed to plugins: a batch is done only when they have settled, awaited by the plugin or not. */
export interface PendingWork {
  track<Value>(promise: Promise<Value>): Promise<Value>;
  /** Resolves when nothing is pending any more; work that begins meanwhile is waited for, too. */
  settled(): Promise<void>;
}

export function createPendingWork(): PendingWork {
  const pending = new Set<Promise<unknown>>();
  return {
    track(promise) {
      const done: Promise<unknown> = promise.then(
        () => pending.delete(done),
        () => pending.delete(done),
      );
      pending.add(done);
      return promise;
    },
    async settled() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}
