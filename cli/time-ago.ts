import { UsageError } from './usage-error.ts';

const MILLISECONDS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a time of the command line: `90s`, `15m`, `2h`, `3d` before now, or ISO 8601. Gives ISO 8601. @throws UsageError */
export function timeAgo(text: string, now: number): string {
  const [, number, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const time = number === undefined ? Date.parse(text) : now - Number(number) * MILLISECONDS[unit as 's'];
  if (Number.isNaN(time) || (number === undefined && !/^\d{4}-\d\d-\d\d/.test(text)))
    throw new UsageError(
      `A time must be such as 90s, 15m, 2h or 3d ago, or 2026-03-02T08:00:00Z; got ${JSON.stringify(text)}.`,
    );
  return new Date(time).toISOString();
}
