import { expect, it } from 'vitest';
import type { Chain } from '../../../shared/pipeline/event-run.ts';
import { createSeenEvents } from '../../../shared/sandbox/seen-events.ts';

const chain = (...ids: number[]) => ({ plugins: ids.map((id) => ({ id })) }) as Chain;

it('an event comes to every plugin config up to the one that drops it', () => {
  const seen = createSeenEvents();
  const [one, other, none] = [chain(1, 2, 3), chain(8, 9), chain()];

  for (const each of [one, one, other, one, none, other, one]) seen.add(each);

  // Of the four of the first chain, 1 drops one and 2 drops two.
  expect(seen.take({ dropped: { 1: 1, 2: 2, 8: 2 } })).toEqual({ seen: { 1: 4, 2: 3, 3: 1, 8: 2 } });
});

it('a record whose events came to no plugin has no counts', () => {
  const seen = createSeenEvents();
  seen.add(chain());

  expect(seen.take({ dropped: {} })).toEqual({});
});
