import { expect, it } from 'vitest';
import { tellOfDeadLetters } from '../../../functions/process-events/tell-of-dead-letters.ts';
import type { LifecycleEvent } from '../../../shared/lifecycle/lifecycle-event.ts';
import type { DeadLetter } from '../../../shared/sandbox/protocol.ts';
import { batchResult } from './batch-result.ts';

const letter = (record: number, more: Partial<DeadLetter> = {}): DeadLetter => ({
  record,
  reason: 'missing_event',
  detail: 'private',
  body: '{"private":true}',
  ...more,
});

function told(deadLetters: DeadLetter[], ...failed: number[]): LifecycleEvent[] {
  const events: LifecycleEvent[] = [];
  tellOfDeadLetters(
    { batch: batchResult({ deadLetters }), failed: new Set(failed) },
    (event) => void events.push(event),
  );
  return events;
}

it('the dead letters of a batch are one event, with how many events there are of each reason, and nothing of them', () => {
  const events = told([
    letter(0),
    letter(0, { position: 3 }),
    letter(1, { reason: 'not_json' }),
    letter(2, { reason: 'missing_event', count: 101 }),
  ]);

  expect(events).toEqual([
    { type: 'Events dead-lettered', messages: 4, events: 104, reasons: { missing_event: 103, not_json: 1 } },
  ]);
});

it('those of a message that comes again are told of when it has come', () => {
  expect(told([letter(0), letter(1)], 1)).toMatchObject([{ messages: 1, events: 1 }]);
  expect(told([letter(0)], 0)).toEqual([]);
});

it('a batch without dead letters is nothing to tell of', () => {
  expect(told([])).toEqual([]);
});

it('a reason that is none of ours has no name of its own', () => {
  expect(told([letter(0, { reason: 'toString' as DeadLetter['reason'] })])).toMatchObject([
    { reasons: { unknown: 1 } },
  ]);
});
