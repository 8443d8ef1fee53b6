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

/** Watches one child while it works. One timer for all of it, never one per call. */
export function createWatchdog(
  processId: number,
  limits: WatchdogLimits,
  clock: () => number,
  onAlarm: (alarm: Alarm) => void,
) {
  let lastSign = clock();
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
