import type { Usage } from './usage.ts';

/** CloudWatch Logs counts so much around each line. */
const BYTES_AROUND_A_LINE = 26;

/** The lines START, END and REPORT that Lambda writes around each invocation, some 80, 50 and 140 bytes. */
const PLATFORM_BYTES = 270 + 3 * BYTES_AROUND_A_LINE;

const BYTES_PER_GIGABYTE = 1e9;

/** A line that a function has written. */
export function lineUsage(line: string): Usage {
  return { logGigabytes: (Buffer.byteLength(line) + BYTES_AROUND_A_LINE) / BYTES_PER_GIGABYTE };
}

/** What Lambda writes for each invocation. */
export const PLATFORM_LINES_USAGE: Usage = { logGigabytes: PLATFORM_BYTES / BYTES_PER_GIGABYTE };
