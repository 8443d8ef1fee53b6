import { INTERVAL_MILLISECONDS, type ScheduledTask } from '../../shared/state/task.ts';
import type { LastRun } from '../../shared/state/task-leases.ts';

/** The longest part of an interval that may be left. Without it, a task that takes a second would miss every second tick. */
const MAX_SLACK_MILLISECONDS = 60_000;
const SLACK_SHARE = 1 / 6;

/**
 * Says whether a scheduled task is to run now, not at all, or when its interval is over. The interval begins when the last run has ended. It
 * may be a sixth short, and at most a minute, so that a short task stays with the ticks of its schedule.
 */
export function whenToRun(task: ScheduledTask, lastRun: LastRun | null, now: number): 'now' | 'never' | number {
  if (lastRun === null) return 'now';
  if (task.tick <= lastRun.tick) return 'never';
  const interval = INTERVAL_MILLISECONDS[task.hook];
  const slack = Math.min(interval * SLACK_SHARE, MAX_SLACK_MILLISECONDS);
  if (now - lastRun.endedAt >= interval - slack) return 'now';
  // Another tick was run while this one waited.
  if (task.notBefore !== undefined) return 'never';
  return lastRun.endedAt + interval;
}
