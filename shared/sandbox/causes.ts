import { AsyncLocalStorage } from 'node:async_hooks';
import { deriveUuid } from '../event/event-uuid.ts';

/** What a call of a hook is made for. What the plugin starts in it, or later because of it, is counted and named after it. */
export interface Cause {
  hook: string;
  /** The same whenever the call is made again, null or no text when nothing is; a function is asked when it is needed. */
  id: unknown;
  /** How many captures have led to it, each to the next. */
  hops: number;
}

/** Knows which call has led to what a plugin does now, over all that it awaits. */
export interface Causes {
  /** Calls a function of the plugin config for this cause. Costs some 250 ns. */
  during<Result>(plugin: number, cause: Cause, call: () => Result): Result;
  /** Calls a function for no cause in particular, whatever led here: what many events have led to is none of the last one's. */
  forAll<Result>(call: () => Result): Result;
  /** Hops of what has led to what the plugin config does now; where nobody knows, the most of all that is under way. */
  hops(plugin: number): number;
  /**
   * A uuid for what the plugin config starts now: the same when the call is made again and starts the same thing as often before it. `what`
   * tells things apart, and is asked only where it matters. Null when nobody knows what has led here.
   */
  uuid(plugin: number, what: () => string[]): string | null;
  /** Begins other work: hops by record, or by call; empty where all are 0. */
  begin(hops: readonly number[]): void;
  /** Hops of the events of a record. */
  ofRecord(record: number): number;
}

interface Current extends Cause {
  plugin: number;
  /** What it has started so far, and how often. */
  started: Map<string, number> | null;
}

export function createCauses(): Causes {
  const current = new AsyncLocalStorage<Current | undefined>();
  let underWay: readonly number[] = [];
  let most = 0;

  /** A plugin may be called by another one's code, by a promise that both hold for example. */
  const of = (plugin: number): Current | undefined => {
    const found = current.getStore();
    return found?.plugin === plugin ? found : undefined;
  };

  return {
    during: (plugin, cause, call) => current.run({ plugin, started: null, ...cause }, call),
    forAll: (call) => current.run(undefined, call),
    hops: (plugin) => of(plugin)?.hops ?? most,
    uuid(plugin, what) {
      const cause = of(plugin);
      if (cause === undefined) return null;
      if (typeof cause.id === 'function') cause.id = (cause.id as () => unknown)();
      if (typeof cause.id !== 'string') return null;
      const thing = JSON.stringify(what());
      cause.started ??= new Map();
      const before = cause.started.get(thing) ?? 0;
      cause.started.set(thing, before + 1);
      return deriveUuid(JSON.stringify([plugin, cause.hook, cause.id, thing]), before);
    },
    begin(hops) {
      underWay = hops;
      most = Math.max(0, ...hops);
    },
    ofRecord: (record) => underWay[record] ?? 0,
  };
}
