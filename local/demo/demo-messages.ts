import { gzipSync } from 'node:zlib';
import { queueText } from '../../shared/event/queue-text.ts';
import { PACKED_VERSION } from '../../shared/event/read-message.ts';
import { BAD_MESSAGES } from './bad-messages.ts';
import { inputTask } from './celery-task.ts';
import { createDemoEvents, type DemoEvent } from './demo-events.ts';
import { seededRandom } from './seeded-random.ts';

/** A body for the events queue. */
export interface DemoMessage {
  body: string;
  /** How many events are in it; a body that is no event counts as one. */
  events: number;
}

export interface DemoMessageOptions {
  teamId: number;
  /** In all messages together. */
  events: number;
  seed: number;
  /** Milliseconds since 1970: when the first event is received. */
  startAt: number;
}

/** The forms that the events queue takes: how often each comes, of 100, how many events it carries, and how it is written. */
const FORMS: { share: number; mostEvents: number; write: (events: DemoEvent[]) => string }[] = [
  { share: 40, mostEvents: 1, write: ([event]) => queueText(JSON.stringify(event)) },
  { share: 30, mostEvents: 1, write: ([event]) => inputTask(event as DemoEvent) },
  { share: 20, mostEvents: 20, write: (events) => queueText(packed(events)) },
  { share: 10, mostEvents: 200, write: (events) => gzipSync(packed(events)).toString('base64') },
];

/** One message in so many events is no event; the kinds take turns. */
const EVENTS_PER_BAD_MESSAGE = 90;

/** One event in so many within a packed message has no `distinct_id`: its neighbours must not suffer. */
const SHARE_OF_BROKEN_EVENTS = 0.004;

/** Makes messages with exactly so many events, in all forms, one when it is asked for; the same ones for the same options. */
export function* demoMessages({ teamId, events, seed, startAt }: DemoMessageOptions): Generator<DemoMessage> {
  const random = seededRandom(seed);
  const nextEvent = createDemoEvents({ teamId, random, startAt });
  let bad = 0;
  for (let made = 0; made < events; ) {
    if (made >= (bad + 0.5) * EVENTS_PER_BAD_MESSAGE) {
      const write = BAD_MESSAGES[bad++ % BAD_MESSAGES.length] as (event: DemoEvent) => string;
      yield { body: queueText(write(nextEvent())), events: 1 };
      made++;
      continue;
    }
    let left = random.wholeNumber(0, 99);
    const { mostEvents, write } = FORMS.find(({ share }) => (left -= share) < 0) as (typeof FORMS)[number];
    const count = Math.min(random.wholeNumber(1, mostEvents), events - made);
    const chosen = Array.from({ length: count }, nextEvent);
    if (mostEvents > 1) for (const event of chosen) if (random.chance(SHARE_OF_BROKEN_EVENTS)) event.distinct_id = '';
    yield { body: write(chosen), events: count };
    made += count;
  }
}

function packed(events: DemoEvent[]): string {
  return JSON.stringify({ v: PACKED_VERSION, events });
}
