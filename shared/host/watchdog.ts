import { readFileSync } from 'node:fs';

export interface WatchdogLimits {
  /** Longest silence while there is work, milliseconds. */
  silenceMilliseconds: number;
  /** Resident memory of the child, bytes: buffers lie outside of the heap and its limit. */
  residentBytes: number;
}

export type Alarm = 'silence' | 'memory';

/** How often the watchdog looks, milliseconds: a fast allocator fills about 100 MB meanwhile. */
const LOOK_EVERY_MILLISECONDS = 100;

/** What a process may take to start beside its first work, milliseconds: on a small function under load it takes seconds. */
const START_MILLISECONDS = 10_000;

/**
 * Watches one child while it works. One timer for all of it, never one per call.
 *
 * @param isStarting the child has not said anything yet, so its silence is nobody's fault.
 */
export function createWatchdog(
  processId: number,
  limits: WatchdogLimits,
  isStarting: boolean,
  clock: () => number,
  onAlarm: (alarm: Alarm) => void,
) {
  let lastSign = clock() + (isStarting ? START_MILLISECONDS : 0);
  const timer = setInterval(() => {
    if (clock() - lastSign > limits.silenceMilliseconds) onAlarm('silence');
    else if (residentBytes(processId) > limits.residentBytes) onAlarm('memory');
  }, LOOK_EVERY_MILLISECONDS);
  return {
    /** The child has said something. */
    sign() {
      lastSign = clock();
    },
    stop: () => clearInterval(timer),
  };
}

/** Linux pages as `/proc` counts them, on x86-64 and on Lambda's arm64. */
const PAGE_BYTES = 4096;

/** Resident memory of a process; 0 where the system does not tell. */
function residentBytes(processId: number): number {
  try {
    return Number(readFileSync(`/proc/${processId}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
