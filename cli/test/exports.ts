import { type Bench, type ExportRetry } from './bench.ts';
import { shortText } from './journal.ts';
import type { Member } from './member.ts';
import { retryDelayMilliseconds } from './retry-delay.ts';

/**
 * Calls exportEvents with a batch of events, JSON texts, and counts what becomes of them: seen = delivered + undelivered + those that wait
 * for a retry. A RetryError, or taking too long, leads to a retry; any other error to none.
 *
 * @param retry the number of this retry; 0 for the first attempt.
 * @returns the error's message, if there was one, and what the hook returned.
 */
export async function exportBatch(
  bench: Bench,
  member: Member,
  events: string[],
  retry = 0,
): Promise<{ error?: string; value?: string }> {
  const count = (name: string) =>
    bench.journal.measure([{ plugin: member.id, name, operation: 'sum', value: events.length }]);
  const call = { plugin: member.id, hook: 'exportEvents', argument: `[${events.join(',')}]` };
  if (retry === 0) count('events_seen');
  const [result] = await bench.host.invoke([call]);
  if (result?.error === undefined) {
    count('events_delivered_successfully');
    return result?.value === undefined ? {} : { value: result.value };
  }
  if (result.error.retry) {
    count('retry_errors');
    const delay = retryDelayMilliseconds(retry + 1);
    if (delay === null) count('undelivered_events');
    else bench.exportRetries.push({ member, events, retry: retry + 1, dueAt: bench.clock.now() + delay });
  } else {
    count('other_errors');
    count('undelivered_events');
  }
  return { error: shortText(result.listed ?? result.error) };
}

/** Exports what a plugin's buffer holds. */
export async function flushExports(bench: Bench, member: Member): Promise<{ error?: string }> {
  const events = member.buffer.flush();
  return events === null ? {} : exportBatch(bench, member, events);
}

/** Makes the retry that is due. */
export async function retryExport(bench: Bench, due: ExportRetry): Promise<void> {
  bench.exportRetries.splice(bench.exportRetries.indexOf(due), 1);
  await exportBatch(bench, due.member, due.events, due.retry);
}
