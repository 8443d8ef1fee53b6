import type { FrameWriter } from './frames.ts';
import type { HookCall, HookResult, Invoke } from './hook-call.ts';
import { hookErrorFrom, namedError } from './hook-error.ts';
import type { Plugin } from './plugin.ts';
import { FRAME, type Running } from './protocol.ts';
import { within } from './time-limit.ts';
import { eventForWebhook, sendWebhook } from './webhook.ts';

export interface HookCallDeps {
  find(plugin: number): Plugin | undefined;
  writer: FrameWriter;
  hookTimeoutMilliseconds: number;
  /** Calls that may wait at the same time. */
  concurrency: number;
  /** Milliseconds, steady. */
  clock: () => number;
}

/** Makes the calls, as many at a time as may be, and begins none after `stopAt`. Never throws. */
export async function runHookCalls(invoke: Invoke, stopAt: number, deps: HookCallDeps): Promise<HookResult[]> {
  const { calls, careful, skips } = invoke;
  const results: HookResult[] = calls.map(() => ({ unfinished: true }));
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < calls.length && deps.clock() < stopAt) {
      const index = next++;
      const call = calls[index] as HookCall;
      const skip = skips.find((one) => one.call === index);
      if (skip !== undefined) {
        results[index] = { error: hookErrorFrom(namedError(skip.error.name, skip.error.message), call.hook) };
        continue;
      }
      if (careful) await announce(call, index, deps.writer);
      results[index] = await runHookCall(call, deps);
      // What it left in the microtasks does its harm while its name is the last announced.
      if (careful) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: careful ? 1 : Math.min(deps.concurrency, calls.length) }, work));
  return results;
}

async function announce({ plugin, hook }: HookCall, index: number, writer: FrameWriter): Promise<void> {
  writer.sendJson(FRAME.running, { plugin, hook, record: index, position: -1 } satisfies Running);
  await writer.drained();
}

async function runHookCall(call: HookCall, deps: HookCallDeps): Promise<HookResult> {
  const limit = deps.hookTimeoutMilliseconds;
  try {
    const plugin = deps.find(call.plugin);
    if (plugin === undefined) throw namedError('NotLoadedError', `The plugin config ${call.plugin} is not loaded`);
    const hook = plugin.hooks.find(call.hook);
    if (hook === null) {
      const task = call.hook.replace(/^job /, '');
      throw namedError('Error', `Task "${task}" not found for plugin "${plugin.name}" with config id ${plugin.id}`);
    }
    const { cause: id, hops = 0 } = call;
    const parameters = parametersOf(call, plugin);
    const returned = await within(
      limit,
      plugin.causing({ hook: call.hook, id, hops }, () => hook(...parameters, plugin.meta)),
    );
    if (call.hook === 'composeWebhook') await within(limit, sendWebhook(returned, plugin));
    return resultOf(returned);
  } catch (error) {
    const problem = hookErrorFrom(error, call.hook);
    // Events that were too slow to go out are tried again, as after a RetryError.
    const retry = problem.retry || (call.hook === 'exportEvents' && problem.name === 'TimeoutError');
    return { error: { ...problem, retry } };
  }
}

function parametersOf({ hook, argument }: HookCall, { values, meta }: Plugin): unknown[] {
  const given = argument === undefined ? undefined : values.parse(argument);
  if (hook === 'composeWebhook') return [eventForWebhook(given as object, values)];
  // PostHog left a falsy payload out, so that `meta` came first; jobs that expect it second find it there, too.
  if (hook.startsWith('job ')) return [given || meta];
  return argument === undefined ? [] : [given];
}

/** What JSON cannot say is no value: a class instance with a cycle, a function. */
export function resultOf(returned: unknown): HookResult {
  try {
    const value = JSON.stringify(returned) as string | undefined;
    return value === undefined ? {} : { value };
  } catch {
    return {};
  }
}
