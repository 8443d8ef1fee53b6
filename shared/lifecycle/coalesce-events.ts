import type { LifecycleEventType } from './lifecycle-details.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';

interface Coalescing<Event> {
  /** Events of one type with the same key are told as one. */
  key(event: Event): unknown;
  merge(before: Event, next: Event): Event;
}

type Latest = { pluginConfig: number };
const latestOfPlugin = {
  key: ({ pluginConfig }: Latest) => pluginConfig,
  merge: <Event>(_: Event, next: Event) => next,
};

/** Which events of one invocation are one, and what it says: so many batches, jobs or messages make one event each, not that many. */
const COALESCING: { [Type in LifecycleEventType]: Coalescing<LifecycleEvent<Type>> } = {
  'Plugin disabled': latestOfPlugin,
  'Plugin setup failed': latestOfPlugin,
  'Plugin recovered': latestOfPlugin,
  'Export undelivered': {
    key: ({ pluginConfig }) => pluginConfig,
    merge: (before, next) => ({
      ...next,
      batches: before.batches + next.batches,
      events: before.events + next.events,
    }),
  },
  'Job given up': {
    key: ({ pluginConfig, cause, job }) => [pluginConfig, cause, job],
    merge: (before, next) => ({ ...next, jobs: before.jobs + next.jobs }),
  },
  'Hop limit reached': {
    key: ({ pluginConfig, kind }) => [pluginConfig, kind],
    merge: (before, next) => ({ ...before, count: before.count + next.count }),
  },
  'Events dead-lettered': {
    key: () => '',
    merge: (before, next) => ({
      ...before,
      messages: before.messages + next.messages,
      events: before.events + next.events,
      reasons: sumOf(before.reasons, next.reasons),
    }),
  },
};

/** Collects events, those that are one as one, in the order in which they were first told. */
export interface EventCollection {
  add(event: LifecycleEvent, time: number): void;
  /** Gives what was collected, each with the time of the last one in it, and begins anew. `leftOut`: events beyond the limit. */
  take(): { events: { event: LifecycleEvent; time: number }[]; leftOut: number };
}

export function coalesceEvents(limit: number): EventCollection {
  let collected = new Map<string, { event: LifecycleEvent; time: number }>();
  let leftOut = 0;
  return {
    add(event, time) {
      const { key, merge } = COALESCING[event.type] as Coalescing<LifecycleEvent>;
      const name = JSON.stringify([event.type, key(event)]);
      const before = collected.get(name);
      if (before === undefined && collected.size >= limit) leftOut++;
      else collected.set(name, { event: before === undefined ? event : merge(before.event, event), time });
    },
    take() {
      const taken = { events: [...collected.values()], leftOut };
      collected = new Map();
      leftOut = 0;
      return taken;
    },
  };
}

function sumOf(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const sum = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
