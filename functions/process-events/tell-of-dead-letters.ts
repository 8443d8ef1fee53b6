import { REJECTIONS } from '../../shared/event/rejection.ts';
import type { TellLifecycleEvent } from '../../shared/lifecycle/lifecycle-event.ts';
import type { BatchFacts } from './report-batch.ts';

/** Tells how many events of a batch have become dead letters, and why; those of a message that comes again are told of then. */
export function tellOfDeadLetters(
  { batch, failed }: Pick<BatchFacts, 'batch' | 'failed'>,
  tell: TellLifecycleEvent,
): void {
  const letters = batch.deadLetters.filter(({ record }) => !failed.has(record));
  if (letters.length === 0) return;
  const reasons: Record<string, number> = {};
  for (const { reason, count = 1 } of letters) {
    // It comes from the process in which plugins run.
    const known = Object.hasOwn(REJECTIONS, reason) ? reason : 'unknown';
    reasons[known] = (reasons[known] ?? 0) + count;
  }
  const events = Object.values(reasons).reduce((sum, count) => sum + count, 0);
  tell({ type: 'Events dead-lettered', messages: letters.length, events, reasons });
}
