import type { ObjectBucket } from '../aws/object-bucket.ts';
import { dueTimeOfPayload, JOB_PAYLOADS_PREFIX } from './job-payload-key.ts';
import type { Sweep } from './sweep.ts';

export interface SweepJobPayloadsDeps {
  bucket: Pick<ObjectBucket, 'list' | 'remove'>;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * A job that was due so long ago is nowhere any more: it is tried again for 22 hours, its message waits for 7 days in the queue and for 14 among
 * the dead letters, from where it may be sent again once.
 */
const LONGEST_LIFE_MILLISECONDS = 45 * 86_400_000;

/** S3's cap of one removal. */
const REMOVED_AT_ONCE = 1000;

/**
 * Makes a sweep of payloads whose job is over: who ran it died before it could take the payload away, or who made it died before the job was
 * stored. How old an object is says nothing, since a job may wait for years.
 */
export function createSweepJobPayloads({ bucket, now }: SweepJobPayloadsDeps): Sweep {
  return async (hasTime) => {
    let seen = 0;
    let removed = 0;
    let over: string[] = [];
    const removeThem = async (): Promise<void> => {
      await bucket.remove(over);
      removed += over.length;
      over = [];
    };
    for await (const { key } of bucket.list(JOB_PAYLOADS_PREFIX)) {
      seen++;
      const due = dueTimeOfPayload(key);
      if (due === null || due > now() - LONGEST_LIFE_MILLISECONDS) continue;
      over.push(key);
      if (over.length < REMOVED_AT_ONCE) continue;
      await removeThem();
      if (!hasTime()) return { seen, removed, isComplete: false };
    }
    await removeThem();
    return { seen, removed, isComplete: true };
  };
}
