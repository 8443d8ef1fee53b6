/** What a sweep of a part of the bucket came to. */
export interface Swept {
  /** How many objects there were, as far as it came. */
  seen: number;
  /** How many of them are gone now. */
  removed: number;
  /** False when its time was over first. */
  isComplete: boolean;
}

/** Takes away what nobody needs any more, in a part of the bucket, for as long as there is time. May run at any time, and twice at once. */
export type Sweep = (hasTime: () => boolean) => Promise<Swept>;
