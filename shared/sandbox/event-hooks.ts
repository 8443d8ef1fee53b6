import { thenOf } from '../pipeline/thenable.ts';
import type { DeliveryAccount, DeliveryPlace } from './delivery.ts';
import { EVENT_HOOKS, SNAPSHOT_HOOKS } from './delivery-groups.ts';
import type { LaneState } from './delivery-lane.ts';
import type { Hook } from './exported-hooks.ts';
import { hookErrorFrom, namedError } from './hook-error.ts';
import type { Plugin } from './plugin.ts';
import { within } from './time-limit.ts';
import { eventForWebhook, sendWebhook } from './webhook.ts';

/** A hook that gets single events. */
export interface EventHook {
  name: string;
  call: Hook;
}

/** The hooks of a plugin that get single events. */
export interface EventHooks {
  /** Those for this event, JSON text. */
  for(text: string): readonly EventHook[];
}

/** Null when the plugin has none. */
export function eventHooks(plugin: Plugin): EventHooks | null {
  const find = (names: readonly string[]): EventHook[] =>
    names.flatMap((name) => {
      const call = plugin.hooks.find(name);
      return call === null ? [] : [{ name, call }];
    });
  const [ofEvents, ofSnapshots] = [find(EVENT_HOOKS), find(SNAPSHOT_HOOKS)];
  if (ofEvents.length + ofSnapshots.length === 0) return null;
  // Most texts need no parsing to know that they are no recordings.
  const isSnapshot = (text: string) =>
    text.includes('"$snapshot"') && (plugin.values.parse(text) as { event?: unknown }).event === '$snapshot';
  return { for: (text) => (isSnapshot(text) ? ofSnapshots : ofEvents) };
}

/**
 * Calls a hook with one event. A failure is recorded and counted, and not repeated. Never throws.
 *
 * @param refusal an error in place of the call
 * @returns nothing when there is nothing to wait for
 */
export function callEventHook(
  { name, call }: EventHook,
  text: string,
  { record }: DeliveryPlace,
  refusal: { name: string; message: string } | null,
  state: LaneState,
): Promise<void> | undefined {
  const { plugin, run } = state;
  state.calls++;
  const fail = (thrown: unknown): void => {
    const error = hookErrorFrom(thrown, name, run.parse(text) as { uuid: string; event: string });
    if (error.name === 'TimeoutError') state.timeouts++;
    (run.accounts[record] as DeliveryAccount).failed++;
    run.report.error(plugin.id, error);
  };
  try {
    if (refusal !== null) throw namedError(refusal.name, refusal.message);
    const event = plugin.values.parse(text);
    const cause = { hook: name, id: (event as { uuid?: unknown }).uuid, hops: run.hopsOf(record) };
    const limit = run.hookTimeoutMilliseconds;
    if (name === 'composeWebhook') {
      const composed = async () =>
        sendWebhook(await call(eventForWebhook(event as object, plugin.values), plugin.meta), plugin);
      return within(limit, plugin.causing(cause, composed)).catch(fail);
    }
    const returned = plugin.causing(cause, () => call(event, plugin.meta));
    return thenOf(returned) === null ? undefined : within(limit, returned).then(() => undefined, fail);
  } catch (thrown) {
    fail(thrown);
    return undefined;
  }
}
