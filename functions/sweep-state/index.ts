import type { Context } from 'aws-lambda';
import type { Sweep, Swept } from '../../shared/state/sweep.ts';

export interface SweepStateDeps {
  /** By the part of the bucket that each is about. */
  sweeps: Record<string, Sweep>;
  /** Told of every part that was swept. */
  report(part: string, swept: Swept): void;
  warn(message: string, details: Record<string, unknown>): void;
}

/** What is kept of the function's time for the removal under way. */
const RESERVE_MILLISECONDS = 30_000;

/**
 * Takes away what nobody needs any more in the assets bucket, part by part. What there was no time for is taken away the next day.
 *
 * @throws when a part could not be swept, after the others were
 */
export function createSweepState({ sweeps, report, warn }: SweepStateDeps) {
  return async (_: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const hasTime = () => context.getRemainingTimeInMillis() > RESERVE_MILLISECONDS;
    const failures: unknown[] = [];
    for (const [part, sweep] of Object.entries(sweeps)) {
      try {
        const swept = await sweep(hasTime);
        report(part, swept);
        if (!swept.isComplete)
          warn(`There was no time to sweep all of ${part}; the next run begins anew`, { ...swept });
      } catch (error) {
        failures.push(error);
        warn(`${part} could not be swept: ${(error as Error).message}`, {});
      }
    }
    if (failures.length > 0) throw failures[0];
  };
}
