import type { PluginEvent } from '../event/plugin-event.ts';

/** A plugin config as the chain sees it. */
export interface ChainPlugin {
  id: number;
  /** As the markers name it: `<plugin name> (<plugin config id>)`. */
  label: string;
  processEvent(event: PluginEvent, meta: unknown): unknown;
  meta: unknown;
  /** When set, every call fails with this error instead of being made. */
  suspended: Error | null;
}

/** The plugins of one project in order, and what a run without failures writes into its markers. */
export interface Chain {
  plugins: ChainPlugin[];
  succeeded: string[];
  /** Plugins with hooks that run later, on the ingested event. */
  deferred: string[];
}

/** One event on its way through a chain. */
export class EventRun {
  event: PluginEvent;
  readonly chain: Chain;
  readonly teamId: number;
  readonly uuid: string;
  readonly record: number;
  readonly position: number;
  /** Index of the plugin that runs or is to run. */
  next = 0;
  listeners: { answered: (returned: unknown) => void; refused: (error: unknown) => void } | null = null;
  /** The tick at which the current wait began; see `ChainRunner.tick`. */
  waitingSince = 0;
  failed: string[] | null = null;
  droppedBy: ChainPlugin | null = null;
  finished = false;
  onFinish: ((run: EventRun) => void) | null = null;

  constructor(event: PluginEvent, chain: Chain, record: number, position: number) {
    this.event = event;
    this.chain = chain;
    this.teamId = event.team_id;
    this.uuid = event.uuid;
    this.record = record;
    this.position = position;
  }
}

export interface ChainRunner {
  /** Runs as far as it can without waiting; `run.finished` tells whether that was to the end. */
  start(run: EventRun): void;
  /** The same, but every call is allowed, announced or skipped first by `before`. */
  startCarefully(run: EventRun, before: BeforeCall): Promise<void>;
  /** Called at even intervals: fails every call that has waited for `limit` ticks or more. */
  tick(limit: number): void;
}

/** Resolves to an error to fail the call without making it. */
export type BeforeCall = (plugin: ChainPlugin, run: EventRun) => Promise<Error | null>;

/** Hears of every failure; the event goes on. */
export type OnFailure = (plugin: ChainPlugin, run: EventRun, error: unknown) => void;

/**
 * Runs events through chains. Plugins of one event run strictly one after the other; a plugin that answers at once costs no promise.
 * What each kind of answer means: a falsy one drops the event and ends its chain; a throw is recorded and the event goes on as last
 * returned; a changed `team_id` is reset and recorded; anything truthy that is no object is recorded and ignored.
 */
export function createChainRunner(onFailure: OnFailure, timeoutError: () => Error): ChainRunner {
  const waiting = new Set<EventRun>();
  let ticks = 0;

  const advance = (run: EventRun): void => {
    const { plugins } = run.chain;
    while (run.next < plugins.length) {
      const plugin = plugins[run.next] as ChainPlugin;
      try {
        const returned = call(plugin, run);
        if (isThenable(returned)) {
          wait(run, returned);
          return;
        }
        settle(run, plugin, returned);
      } catch (error) {
        fail(run, plugin, error);
      }
    }
    finish(run);
  };

  const wait = (run: EventRun, answer: PromiseLike<unknown>): void => {
    run.waitingSince = ticks;
    if (run.listeners === null) {
      run.listeners = listen(run);
      waiting.add(run);
    }
    answer.then(run.listeners.answered, run.listeners.refused);
  };

  /** One pair of listeners serves all waits of a run, until a call takes too long: its late answer then finds nobody. */
  const listen = (run: EventRun): NonNullable<EventRun['listeners']> => {
    const resume = (act: (plugin: ChainPlugin, value: unknown) => void) => (value: unknown) => {
      if (run.listeners !== listeners || run.finished) return;
      act(run.chain.plugins[run.next] as ChainPlugin, value);
      advance(run);
    };
    const listeners = {
      answered: resume((plugin, returned) => {
        try {
          settle(run, plugin, returned);
        } catch (error) {
          fail(run, plugin, error);
        }
      }),
      refused: resume((plugin, error) => fail(run, plugin, error)),
    };
    return listeners;
  };

  const settle = (run: EventRun, plugin: ChainPlugin, returned: unknown): void => {
    if (!returned) {
      run.droppedBy = plugin;
      run.next = run.chain.plugins.length;
      return;
    }
    if (typeof returned !== 'object' || Array.isArray(returned)) {
      const got = Array.isArray(returned) ? 'an array' : `a ${typeof returned}`;
      fail(
        run,
        plugin,
        new TypeError(`processEvent returned ${got}; an event, or null to drop the event, is expected`),
      );
      return;
    }
    const event = returned as PluginEvent;
    if (event.team_id !== run.teamId) {
      run.event = { ...event, team_id: run.teamId };
      fail(run, plugin, illegalOperation('Plugin tried to change event.team_id'));
      return;
    }
    run.event = event;
    run.next++;
  };

  const fail = (run: EventRun, plugin: ChainPlugin, error: unknown): void => {
    run.failed ??= [];
    run.failed.push(plugin.label);
    run.next++;
    onFailure(plugin, run, error);
  };

  const finish = (run: EventRun): void => {
    if (run.listeners !== null) waiting.delete(run);
    run.finished = true;
    run.onFinish?.(run);
  };

  return {
    start: advance,
    async startCarefully(run, before) {
      while (run.next < run.chain.plugins.length) {
        const plugin = run.chain.plugins[run.next] as ChainPlugin;
        const refusal = await before(plugin, run);
        if (refusal === null) {
          // The rest of the chain waits its turn: only this one call may be in doubt.
          const alone = new EventRun(run.event, { ...run.chain, plugins: [plugin] }, run.record, run.position);
          await new Promise<void>((resolve) => {
            alone.onFinish = () => resolve();
            advance(alone);
          });
          run.event = alone.event;
          run.droppedBy = alone.droppedBy;
          if (alone.failed !== null) (run.failed ??= []).push(...alone.failed);
          run.next = alone.droppedBy === null ? run.next + 1 : run.chain.plugins.length;
        } else {
          fail(run, plugin, refusal);
        }
      }
      finish(run);
    },
    tick(limit) {
      ticks++;
      for (const run of waiting) {
        if (ticks - run.waitingSince <= limit) continue;
        run.listeners = null;
        waiting.delete(run);
        fail(run, run.chain.plugins[run.next] as ChainPlugin, timeoutError());
        advance(run);
      }
    },
  };
}

function call(plugin: ChainPlugin, run: EventRun): unknown {
  if (plugin.suspended !== null) throw plugin.suspended;
  return plugin.processEvent(run.event, plugin.meta);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function illegalOperation(message: string): Error {
  const error = new Error(message);
  error.name = 'IllegalOperationError';
  return error;
}
