import type { Skip } from '../sandbox/protocol.ts';
import { checkAccounts, HostFailure, mergeOutputs, nothingOf } from './batch-output.ts';
import { type ChildKeeper, MAX_NAMELESS_DEATHS } from './child-keeper.ts';
import { type BatchOutput, ChildDeath } from './child-session.ts';
import type { PluginHostOptions } from './plugin-host.ts';
import { softLimitMilliseconds } from './soft-limit.ts';
import { deathName, type Strikes, type Verdict } from './strikes.ts';

export interface IncomingRecord {
  messageId: string;
  body: string;
  /** How many captures have led to its events; absent for none. */
  hops?: number;
}

export interface BatchResult extends BatchOutput {
  /** Plugins that have killed the host too often: to be disabled. */
  verdicts: Verdict[];
}

export interface RunDeps {
  keeper: ChildKeeper;
  strikes: Strikes;
  options: Pick<PluginHostOptions, 'clock' | 'configure'>;
}

/** What is known about who ended the child during a batch. */
interface Blame {
  skips: Skip[];
  suspended: Map<number, Verdict>;
}

/** Runs a batch to its end, whoever ends the child meanwhile. @throws as `PluginHost.run`. */
export async function runBatch(records: IncomingRecord[], deadline: number, deps: RunDeps): Promise<BatchResult> {
  const blame: Blame = { skips: [], suspended: new Map() };
  const output = await runTogether(records, blame, deadline, deps).catch((error: unknown) => {
    if (!(error instanceof ChildDeath) || records.length === 1 || deps.options.clock() >= deadline) throw error;
    return runSingly(records, blame, deadline, deps);
  });
  return { ...output, verdicts: [...blame.suspended.values()] };
}

/** Runs a batch, again and again carefully while its child dies and somebody can be named for it. */
async function runTogether(
  records: IncomingRecord[],
  blame: Blame,
  deadline: number,
  deps: RunDeps,
): Promise<BatchOutput> {
  const { keeper, options } = deps;
  for (let nameless = 0; ; ) {
    const careful = nameless > 0 || blame.skips.length > 0;
    try {
      return await keeper.work(careful, deadline, async (session) => {
        const left = deadline - options.clock();
        const batch = {
          messageIds: records.map(({ messageId }) => messageId),
          careful,
          skips: blame.skips,
          suspended: [...blame.suspended.values()].map(({ plugin, error }) => ({ plugin, error })),
          softLimitMilliseconds: softLimitMilliseconds(left, options.configure.hookTimeoutMilliseconds),
          ...hopsOf(records),
        };
        const output = await session.batch(
          batch,
          records.map(({ body }) => body),
        );
        if (output.failure !== undefined) throw new HostFailure(output.failure);
        checkAccounts(output, records.length, keeper.plugins);
        return output;
      });
    } catch (error) {
      // Past the deadline the child was ended by us, so its death blames nobody.
      if (!(error instanceof ChildDeath) || options.clock() >= deadline) throw error;
      if (error.running !== null) take(error, blame, deps.strikes);
      else if (++nameless >= MAX_NAMELESS_DEATHS) throw error;
    }
  }
}

function hopsOf(records: IncomingRecord[]): { hops?: number[] } {
  const hops = records.map((record) => record.hops ?? 0);
  return hops.some((count) => count > 0) ? { hops } : {};
}

/** Remembers who ended the child: that call is not made again, and who does it too often is not called at all. */
function take(death: ChildDeath, blame: Blame, strikes: Strikes): void {
  if (death.running === null) return;
  const { plugin, record, position } = death.running;
  const verdict = strikes.add(death, death.running);
  blame.skips.push({ plugin, record, position, error: { name: deathName(death), message: death.message } });
  if (verdict !== null) blame.suspended.set(plugin, verdict);
}

/** When nobody can be named for a batch that ends every child, its messages run one by one: only those that do it fail. */
async function runSingly(
  records: IncomingRecord[],
  blame: Blame,
  deadline: number,
  deps: RunDeps,
): Promise<BatchOutput> {
  const outputs: BatchOutput[] = [];
  for (const record of records) {
    const output =
      deps.options.clock() < deadline
        ? runTogether([record], { ...blame, skips: [] }, deadline, deps)
        : Promise.reject(new HostFailure('The time for this batch is over'));
    outputs.push(await output.catch((error: unknown) => nothingOf(error as Error)));
  }
  return mergeOutputs(outputs);
}
