import type { CacheKey } from '../service-calls.ts';

/**
 * The calls that plugins' state is read and changed by. One that fails reaches the plugin that made it; but whatever the plugin makes of
 * that, a batch in which state could not be had must not be acknowledged.
 */
export interface StateCalls {
  /** Watches a read. One that failed is forgotten when the same keys are read after all: the plugin has tried again. */
  read<Answer>(service: string, keys: readonly CacheKey[], answer: Promise<Answer>): Promise<Answer>;
  /** Watches a change. One that failed may have been made or not. */
  run<Answer>(answer: Promise<Answer>): Promise<Answer>;
  /** Resolves when no call is under way any more. */
  settled(): Promise<void>;
  /** @throws the first failure since the last time */
  raise(): void;
}

export function createStateCalls(): StateCalls {
  const open = new Set<Promise<unknown>>();
  const unread = new Map<string, unknown>();
  let failed: { error: unknown } | null = null;

  const follow = <Answer>(answer: Promise<Answer>, onAnswer: () => void, onFailure: (error: unknown) => void) => {
    const followed: Promise<void> = answer.then(onAnswer, onFailure).finally(() => open.delete(followed));
    open.add(followed);
    return answer;
  };

  return {
    read(service, keys, answer) {
      const ids = keys.map(({ plugin, key }) => `${service} ${plugin} ${key}`);
      return follow(
        answer,
        () => ids.forEach((id) => unread.delete(id)),
        (error) => ids.forEach((id) => unread.set(id, error)),
      );
    },
    run: (answer) =>
      follow(
        answer,
        () => {},
        (error) => void (failed ??= { error }),
      ),
    async settled() {
      while (open.size > 0) await Promise.all(open);
    },
    raise() {
      const [error] = [...(failed === null ? [] : [failed.error]), ...unread.values()];
      failed = null;
      unread.clear();
      if (error !== undefined) throw error;
    },
  };
}
