export interface TokenBucketOptions {
  /** How many may come at once. */
  burst: number;
  /** How many more may come each second. */
  perSecond: number;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Counts what may come, by key. */
export interface TokenBuckets {
  /** Takes one. Gives 0, or in how many seconds there is one again. */
  take(key: string): number;
  /** As `take`, but takes none. */
  wait(key: string): number;
}

/** Keys that are remembered; the one that was used the longest ago is forgotten first, and so is full again. */
const MOST_KEYS = 10_000;

/**
 * Buckets that start full and fill again. They are in the memory of one execution environment: under load there are several, and each
 * counts for itself. What they hold off is a flood, and that ends up in few.
 */
export function createTokenBuckets({ burst, perSecond, now }: TokenBucketOptions): TokenBuckets {
  const buckets = new Map<string, { left: number; at: number }>();

  const left = (key: string): number => {
    const bucket = buckets.get(key);
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.left + ((now() - bucket.at) / 1000) * perSecond);
  };
  const secondsFor = (tokens: number): number => (tokens >= 1 ? 0 : Math.ceil((1 - tokens) / perSecond));

  return {
    take(key) {
      const tokens = left(key);
      buckets.delete(key);
      buckets.set(key, { left: tokens >= 1 ? tokens - 1 : tokens, at: now() });
      if (buckets.size > MOST_KEYS) buckets.delete(buckets.keys().next().value as string);
      return secondsFor(tokens);
    },
    wait: (key) => secondsFor(left(key)),
  };
}
