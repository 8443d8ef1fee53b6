import type { BusEntry, EventBus, RefusedEntry } from '../aws/event-bus.ts';
import { inParallel } from '../aws/in-parallel.ts';
import { chunksOf } from '../state/chunks-of.ts';
import { coalesceEvents } from './coalesce-events.ts';
import { LIFECYCLE_DETAILS, MAX_TEXT_CHARACTERS } from './lifecycle-details.ts';
import type { LifecycleEvent, TellLifecycleEvent } from './lifecycle-event.ts';

/** What every lifecycle event names as its source. */
export const LIFECYCLE_SOURCE = 'hoglet';

export interface LifecycleEventsDeps {
  /** Named in every event. */
  functionName: string;
  bus: EventBus;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds, steady. */
  clock: () => number;
  sleep: (milliseconds: number) => Promise<void>;
  /** Gives a uuid. */
  newId: () => string;
  /** Hears of events that nobody will hear of by the bus: at most 10 at a time, or a number of those that were not even kept. */
  onLost(lost: LostEvents): void;
}

export interface LostEvents {
  count: number;
  reason: string;
  /** As they would have been sent. */
  events: { type: string; detail: unknown }[];
}

export interface LifecycleEvents {
  tell: TellLifecycleEvent;
  /** Sends what was told since the last time, and ends within the time limit. Never rejects: what cannot be sent is lost. */
  flush(limitMilliseconds: number): Promise<void>;
}

/** One invocation tells of each plugin config a few times at most; a registry in which so many fail at once is told of by the first. */
const MAX_EVENTS = 1000;

/** What PutEvents takes at once. Of bytes it takes 1 MB: ten details of the longest texts are half of that. */
const MAX_ENTRIES = 10;
const CONCURRENT_CALLS = 4;

/** Two attempts that are never answered, and a third, fit into two seconds. */
const ATTEMPT_MILLISECONDS = 800;
const BACKOFF_MILLISECONDS = [100, 200];

/** Collects lifecycle events while an invocation does its work, and puts them on the bus afterwards. */
export function createLifecycleEvents(deps: LifecycleEventsDeps): LifecycleEvents {
  const { functionName, bus, now, clock, sleep, newId, onLost } = deps;
  const collected = coalesceEvents(MAX_EVENTS);

  const entryOf = ({ event, time }: { event: LifecycleEvent; time: number }): BusEntry[] => {
    const { type, ...particulars } = event;
    const detail = clipped({ version: 1, id: newId(), function: functionName, ...particulars });
    // Plugins have a hand in what is in it: what the documentation does not promise is not sent.
    const { error } = LIFECYCLE_DETAILS[type].safeParse(detail);
    if (error === undefined) return [{ detailType: type, detail: JSON.stringify(detail), time }];
    const reason = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    onLost({ count: 1, reason: `it does not fit its schema: ${reason}`, events: [] });
    return [];
  };

  const send = async (entries: BusEntry[], deadline: number): Promise<void> => {
    let open = entries;
    let last: RefusedEntry | undefined;
    for (let attempt = 0; open.length > 0; attempt++) {
      const left = deadline - clock();
      if (left <= 0) return lose(open, last === undefined ? 'there was no time left' : reasonOf(last));
      const refused = await bus.put(open, Math.min(left, ATTEMPT_MILLISECONDS));
      last = refused[0];
      const backoff = BACKOFF_MILLISECONDS[attempt];
      const isFinal = ({ retry }: RefusedEntry) => !retry || backoff === undefined || clock() + backoff >= deadline;
      for (const [reason, given] of Map.groupBy(refused.filter(isFinal), reasonOf))
        lose(entriesOf(given, open), reason);
      open = entriesOf(
        refused.filter((one) => !isFinal(one)),
        open,
      );
      if (open.length > 0) await sleep(backoff as number);
    }
  };

  const lose = (entries: BusEntry[], reason: string): void =>
    onLost({
      count: entries.length,
      reason,
      events: entries.map(({ detailType, detail }) => ({ type: detailType, detail: JSON.parse(detail) as unknown })),
    });

  return {
    tell: (event) => collected.add(event, now()),
    async flush(limitMilliseconds) {
      const deadline = clock() + limitMilliseconds;
      const { events, leftOut } = collected.take();
      if (leftOut > 0) onLost({ count: leftOut, reason: `there were more than ${MAX_EVENTS}`, events: [] });
      try {
        const groups = chunksOf(events.flatMap(entryOf), MAX_ENTRIES);
        await inParallel(groups, CONCURRENT_CALLS, (group) => send(group, deadline));
      } catch (error) {
        // Nothing above throws but by a mistake, for which no batch is to come again.
        onLost({ count: events.length, reason: String(error), events: [] });
      }
    },
  };
}

function reasonOf({ code, reason }: RefusedEntry): string {
  return `${code}: ${reason}`;
}

function entriesOf(refused: RefusedEntry[], entries: BusEntry[]): BusEntry[] {
  return refused.flatMap(({ index }) => entries[index] ?? []);
}

/** Cuts every text in it; half of a character that was cut in two is replaced. */
function clipped(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT_CHARACTERS).toWellFormed();
  if (Array.isArray(value)) return value.map(clipped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, clipped(each)]));
}
