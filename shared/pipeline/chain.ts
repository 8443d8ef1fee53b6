import type { PluginEvent } from '../event/plugin-event.ts';
import { type ChainPlugin, EventRun } from './event-run.ts';
import { listenOnce, type Then, thenOf } from './thenable.ts';

export interface ChainRunner {
  /** Runs as far as it can without waiting; `run.finished` tells whether that was to the end. */
  start(run: EventRun): void;
  /** The same, but every call is allowed, announced or skipped first by `before`. */
  startCarefully(run: EventRun, before: BeforeCall): Promise<void>;
  /** Called at even intervals: fails every call that has waited for `limit` ticks or more. */
  tick(limit: number): void;
  /** From now on no call begins: events end where they are, abandoned, once the call they wait for has ended. */
  stop(): void;
  /** Calls may begin again. */
  reopen(): void;
}

export interface ChainRunnerOptions {
  /** Hears of every failure; the event goes on. Must not throw. */
  onFailure: OnFailure;
  timeoutError: () => Error;
  /** So many timeouts of one plugin config suspend it: events of others must not wait for it over and over. */
  timeoutsBeforeSuspension: number;
}

/** Resolves to an error to fail the call without making it. */
export type BeforeCall = (plugin: ChainPlugin, run: EventRun) => Promise<Error | null>;

export type OnFailure = (plugin: ChainPlugin, run: EventRun, error: unknown) => void;

/**
 * Runs events through chains. Plugins of one event run strictly one after the other; a plugin that answers at once costs no promise.
 * What each kind of answer means: a falsy one drops the event and ends its chain; a throw is recorded and the event goes on as last
 * returned; a changed `team_id` is reset and recorded; anything truthy that is no object is recorded and ignored.
 */
export function createChainRunner(options: ChainRunnerOptions): ChainRunner {
  const { onFailure, timeoutError, timeoutsBeforeSuspension } = options;
  const waiting = new Set<EventRun>();
  let ticks = 0;
  let stopped = false;

  const advance = (run: EventRun): void => {
    const { plugins } = run.chain;
    while (run.next < plugins.length) {
      if (stopped) {
        run.abandoned = true;
        break;
      }
      const plugin = plugins[run.next] as ChainPlugin;
      try {
        const returned = call(plugin, run);
        const then = thenOf(returned);
        if (then !== null) {
          wait(run, returned, then);
          return;
        }
        settle(run, plugin, returned);
      } catch (error) {
        fail(run, plugin, error);
      }
    }
    finish(run);
  };

  const wait = (run: EventRun, answer: unknown, then: Then): void => {
    run.waitingSince = ticks;
    if (run.listeners === null) {
      run.listeners = listen(run);
      waiting.add(run);
    }
    listenOnce(answer, then, run.chain.plugins[run.next] as ChainPlugin, run.listeners.answered, run.listeners.refused);
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
    keepTeam(run);
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
        if (stopped) {
          run.abandoned = true;
          break;
        }
        const plugin = run.chain.plugins[run.next] as ChainPlugin;
        const refusal = await before(plugin, run);
        if (refusal === null) {
          // The rest of the chain waits its turn: only this one call may be in doubt.
          const own = { ...run.chain, plugins: [plugin] };
          const alone = new EventRun(run.event, own, run.record, run.position, run.uuid);
          await new Promise<void>((resolve) => {
            alone.onFinish = () => resolve();
            advance(alone);
          });
          if (alone.abandoned) {
            run.abandoned = true;
            break;
          }
          await showHarm(alone);
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
        const plugin = run.chain.plugins[run.next] as ChainPlugin;
        fail(run, plugin, timeoutError());
        if (++plugin.timeouts >= timeoutsBeforeSuspension) plugin.suspended ??= suspension(plugin.timeouts);
        advance(run);
      }
    },
    stop() {
      stopped = true;
    },
    reopen() {
      stopped = false;
    },
  };
}

/**
 * After a call of a careful run: what the plugin left behind, microtasks that go round in circles or a value that loops when it is
 * written, does its harm here, while the plugin's name is the last announced.
 */
async function showHarm(run: EventRun): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  try {
    JSON.stringify(run.event);
  } catch {
    // What cannot be written is dealt with when the event is finished.
  }
}

/** A plugin that threw may have written to `team_id` before; the next one must not be blamed for it. */
function keepTeam(run: EventRun): void {
  try {
    if (run.event.team_id !== run.teamId) run.event = { ...run.event, team_id: run.teamId };
  } catch {
    // An event that cannot be read is dealt with when it is finished.
  }
}

function suspension(timeouts: number): Error {
  const error = new Error(
    `The plugin is suspended for the rest of this batch: ${timeouts} of its calls took too long, and events of others must not wait for more`,
  );
  error.name = 'SuspendedError';
  return error;
}

function call(plugin: ChainPlugin, run: EventRun): unknown {
  if (plugin.suspended !== null) throw plugin.suspended;
  // Without `this`: a sloppy function would find this object of the host's there.
  const { processEvent, processAsCause } = plugin;
  return processAsCause === null ? processEvent(run.event, plugin.meta) : processAsCause(run);
}

function illegalOperation(message: string): Error {
  const error = new Error(message);
  error.name = 'IllegalOperationError';
  return error;
}
