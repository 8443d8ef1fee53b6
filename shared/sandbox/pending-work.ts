/** Promises handed to plugins: a batch is done only when they have settled, awaited by the plugin or not. */
export interface PendingWork {
  track<Value>(promise: Promise<Value>): Promise<Value>;
  /** Resolves when nothing is pending any more, or after so many milliseconds; work that begins meanwhile is waited for, too. */
  settled(limitMilliseconds: number): Promise<void>;
  isIdle(): boolean;
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
    isIdle: () => pending.size === 0,
    async settled(limitMilliseconds) {
      if (pending.size === 0) return;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), limitMilliseconds);
      });
      while (pending.size > 0) if ((await Promise.race([Promise.all(pending), late])) === 'late') break;
      clearTimeout(timer);
    },
  };
}
