/** Longest time the loop is kept to itself, so that the parent sees signs of life. */
const YIELD_AFTER_MILLISECONDS = 100;

/**
 * What one record may put out, as a multiple of the batch's budget. Below it a record that is begun is finished, or it would come again
 * for ever; above it the rest of its events are a dead letter, since both processes hold all output until the batch is done.
 */
const RECORD_BUDGETS = 2;

/** When a batch stops to begin more. */
export interface BatchLimits {
  /** The batch's time is over: no further event or call may begin. */
  readonly stopped: boolean;
  /** False when the time is over or the batch has enough output. */
  mayBeginRecord(): boolean;
  /** Bytes by which the record begun last is over what one may put out; negative when it is not. */
  recordExcessBytes(): number;
  /** Whether the loop has been kept to itself for too long. Looks at the clock, for `stopped`, too. */
  isDueToYield(): boolean;
  /** Lets timers, frames and answers in. */
  yield(): Promise<void>;
  addOutput(bytes: number): void;
}

export function createBatchLimits(options: {
  /** Milliseconds, steady, as are the times below. */
  clock: () => number;
  stopAt: number;
  maxOutputBytes: number;
  onStop: () => void;
}): BatchLimits {
  const { clock, stopAt, maxOutputBytes, onStop } = options;
  let stopped = false;
  let outputBytes = 0;
  let outputBeforeRecord = 0;
  let lastYield = clock();

  const look = (): number => {
    const now = clock();
    if (now >= stopAt && !stopped) {
      stopped = true;
      onStop();
    }
    return now;
  };

  return {
    get stopped() {
      return stopped;
    },
    mayBeginRecord() {
      look();
      outputBeforeRecord = outputBytes;
      return !stopped && outputBytes < maxOutputBytes;
    },
    recordExcessBytes: () => outputBytes - outputBeforeRecord - RECORD_BUDGETS * maxOutputBytes,
    isDueToYield: () => look() - lastYield > YIELD_AFTER_MILLISECONDS,
    async yield() {
      await new Promise((resolve) => setImmediate(resolve));
      lastYield = look();
    },
    addOutput(bytes) {
      outputBytes += bytes;
    },
  };
}
