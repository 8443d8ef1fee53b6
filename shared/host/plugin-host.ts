import type { HookCall } from '../sandbox/hook-call.ts';
import { createChildKeeper, type Installation } from './child-keeper.ts';
import type { SessionOptions } from './child-session.ts';
import { type BatchResult, type IncomingRecord, runBatch } from './run-batch.ts';
import { type InvokeResult, runCalls } from './run-calls.ts';
import { type DeliveryResult, type IncomingDelivery, runDeliveries } from './run-deliveries.ts';
import { createStrikes } from './strikes.ts';

/** Runs plugins in a process of their own; see docs/security.md for what that protects from. */
export interface PluginHost {
  /**
   * Makes the host run exactly this: loads what is new, reloads what has changed, tears down what is gone.
   * A plugin that does not load is left out, and `onLoad` hears of it.
   *
   * @throws HostFailure when it did not come to an end before the deadline; what `onLoad` has heard stands.
   */
  install(installation: Installation, deadline: number): Promise<void>;
  /**
   * Runs the events of a batch through their chains. When the child dies, a fresh one runs the batch again, one call at a time,
   * to find the culprit, whose call is then skipped: the rest of the batch arrives.
   *
   * @throws HostFailure when nothing of the batch may be acknowledged.
   */
  run(records: IncomingRecord[], deadline: number): Promise<BatchResult>;
  /**
   * Calls hooks outside of any chain, side by side: `onEvent`, `exportEvents`, tasks. Each has its own result. When the child dies, all
   * calls are made again, one at a time, to find the culprit: they are made at least once.
   *
   * @throws HostFailure when what plugins did could not be stored or sent.
   */
  invoke(calls: HookCall[], deadline: number): Promise<InvokeResult>;
  /**
   * Delivers events to plugins that wait for them. When the child dies, a fresh one does it again, one call at a time, to find the culprit;
   * exports that had ended are not repeated. What a plugin config does wrong costs itself only.
   *
   * @throws HostFailure when what plugins did could not be stored or sent, or the account does not add up.
   */
  deliver(deliveries: IncomingDelivery[], deadline: number): Promise<DeliveryResult>;
  /**
   * Tears every plugin down, for at most so long, and ends the child. `onReport` of the last installation hears of it. Nothing else may be
   * under way. Never throws: who is not done by then is ended all the same.
   */
  tearDown(limitMilliseconds: number): Promise<void>;
  /** The child's process id, when there is one. */
  processId(): number | null;
  stop(): Promise<void>;
}

export interface PluginHostOptions extends SessionOptions {
  /** How often a plugin config may kill the host before it is to be disabled. */
  strikes: number;
}

export function createPluginHost(options: PluginHostOptions): PluginHost {
  const keeper = createChildKeeper(options);
  const strikes = createStrikes(options.strikes);
  const deps = { keeper, strikes, options };

  return {
    async install(installation, deadline) {
      for (const plugin of installation.plugins) if (!keeper.plugins.includes(plugin)) strikes.forget(plugin.id);
      await keeper.install(installation, deadline);
    },
    run: (records, deadline) => runBatch(records, deadline, deps),
    invoke: (calls, deadline) => runCalls(calls, deadline, deps),
    deliver: (deliveries, deadline) => runDeliveries(deliveries, deadline, deps),
    tearDown: keeper.tearDown,
    processId: keeper.processId,
    stop: keeper.leave,
  };
}
