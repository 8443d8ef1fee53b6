import type { HookCall, HookResult, Invoke, Invoked } from '../sandbox/hook-call.ts';
import { HostFailure } from './batch-output.ts';
import { MAX_NAMELESS_DEATHS } from './child-keeper.ts';
import { ChildDeath } from './child-session.ts';
import type { RunDeps } from './run-batch.ts';
import { softLimitMilliseconds } from './soft-limit.ts';
import { deathName, type Verdict } from './strikes.ts';

export interface InvokeResult extends Invoked {
  /** Plugins that have killed the host too often: to be disabled. */
  verdicts: Verdict[];
}

/** Makes calls to their end, whoever ends the child meanwhile. @throws as `PluginHost.invoke`. */
export async function runCalls(calls: HookCall[], deadline: number, deps: RunDeps): Promise<InvokeResult> {
  const { keeper, strikes, options } = deps;
  const skips: Invoke['skips'] = [];
  const verdicts = new Map<number, Verdict>();
  const refused = (call: HookCall): HookResult | null => {
    const verdict = verdicts.get(call.plugin);
    return verdict === undefined ? null : { error: { ...verdict.error, hook: call.hook } };
  };

  for (let nameless = 0; ; ) {
    const careful = nameless > 0 || skips.length > 0;
    try {
      const invoked = await keeper.work(careful, deadline, async (session) => {
        const left = deadline - options.clock();
        const output = await session.invoke({
          calls,
          careful,
          skips: [...skips, ...allCallsOf(verdicts, calls)],
          softLimitMilliseconds: softLimitMilliseconds(left, options.configure.hookTimeoutMilliseconds),
        });
        if (output.failure !== undefined) throw new HostFailure(output.failure);
        if (output.results.length !== calls.length)
          throw new HostFailure(`The plugin host answered ${output.results.length} of ${calls.length} calls`);
        return output;
      });
      const results = calls.map(
        (call, index) => deathOf(skips, index, call) ?? refused(call) ?? invoked.results[index],
      );
      return { ...invoked, results: results as HookResult[], verdicts: [...verdicts.values()] };
    } catch (error) {
      if (!(error instanceof ChildDeath) || options.clock() >= deadline) throw error;
      if (error.running === null) {
        if (++nameless >= MAX_NAMELESS_DEATHS) throw error;
        continue;
      }
      const verdict = strikes.add(error, error.running);
      if (verdict !== null) verdicts.set(verdict.plugin, verdict);
      skips.push({ call: error.running.record, error: { name: deathName(error), message: error.message } });
    }
  }
}

function allCallsOf(verdicts: Map<number, Verdict>, calls: HookCall[]): Invoke['skips'] {
  return calls.flatMap(({ plugin }, call) => {
    const verdict = verdicts.get(plugin);
    return verdict === undefined ? [] : [{ call, error: verdict.error }];
  });
}

/** A call that took too long is told as one that may be made again, if its hook can be: as in the child. */
function deathOf(skips: Invoke['skips'], index: number, { hook }: HookCall): HookResult | null {
  const skip = skips.find(({ call }) => call === index);
  if (skip === undefined) return null;
  const retry = hook === 'exportEvents' && skip.error.name === 'TimeoutError';
  return { error: { hook, ...skip.error, retry } };
}
