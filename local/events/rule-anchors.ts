import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Remembers since when a rule has had its schedule, so that `rate(1 day)` comes round although the stack is stopped each
 * evening.
 */
export interface RuleAnchors {
  /** Epoch milliseconds; `now` for a rule that is new or has another schedule than before. */
  since(ruleName: string, schedule: string, now: number): number;
}

interface Anchor {
  schedule: string;
  since: number;
}

/** @param directory keeps them from run to run; in memory when it is not given */
export function createRuleAnchors(directory?: string): RuleAnchors {
  const path = directory === undefined ? undefined : join(directory, 'schedules.json');
  const anchors = path === undefined ? {} : read(path);
  return {
    since(ruleName, schedule, now) {
      const known = anchors[ruleName];
      if (known?.schedule === schedule) return known.since;
      anchors[ruleName] = { schedule, since: now };
      if (directory !== undefined && path !== undefined) {
        mkdirSync(directory, { recursive: true });
        writeFileSync(path, JSON.stringify(anchors));
      }
      return now;
    },
  };
}

function read(path: string): Record<string, Anchor> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, Anchor>;
  } catch {
    // The first run, or one that was killed while it wrote: rates begin anew.
    return {};
  }
}
