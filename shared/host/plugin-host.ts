import type { HookError, LoadResult, PluginReport, Running, SandboxPlugin, Skip } from '../sandbox/protocol.ts';
import { checkAccounts, HostFailure, mergeOutputs, nothingOf } from './batch-output.ts';
import {
  type BatchOutput,
  ChildDeath,
  type ChildSession,
  openChildSession,
  type SessionOptions,
} from './child-session.ts';

/** What runs: plugin configs with their code, and each project's chain. */
export interface Installation {
  plugins: SandboxPlugin[];
  /** Every project, also those without plugins; ids in the order of the chain. */
  chains: { teamId: number; plugins: number[] }[];
  /** Hears how each plugin's loading ended, as soon as it is known, also when a new child loads them again later. */
  onLoad(result: LoadResult): Promise<void>;
  /** Hears what plugins did while they were loaded or torn down, before `onLoad`. */
  onReport?(report: PluginReport): Promise<void>;
}

export interface IncomingRecord {
  messageId: string;
  body: string;
}

/** A plugin config that must not run any more, and why. */
export interface Verdict {
  plugin: number;
  error: HookError;
}

export interface BatchResult extends BatchOutput {
  /** Plugins that have killed the host too often: to be disabled. */
  verdicts: Verdict[];
}

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

/** What is known about who ended the child during a batch. */
interface Blame {
  skips: Skip[];
  suspended: Map<number, Verdict>;
}

/** Attempts to get a child to live through loading or a batch when no culprit can be named. */
const MAX_NAMELESS_DEATHS = 3;

/** Of the time for a teardown of everything, what `teardownPlugin` may take. */
const TEARDOWN_SHARE = 2 / 3;

export function createPluginHost(options: PluginHostOptions): PluginHost {
  let session: ChildSession | null = null;
  let wanted: Installation = { plugins: [], chains: [], onLoad: async () => {} };
  /** Plugins that are in the child now, as they were given. */
  let present = new Map<number, SandboxPlugin>();
  /** Plugins that did not load, so that a new child does not try them again. */
  const broken = new Set<number>();
  const strikes = new Map<number, number>();

  const leaveChild = async (): Promise<void> => {
    await session?.close();
    session = null;
    present = new Map();
  };

  /** Brings a child, new or not, to the wanted installation. */
  const prepare = async (carefully: boolean, deadline: number): Promise<void> => {
    const conclude = async (result: LoadResult) => {
      if (result.error !== undefined) broken.add(result.id);
      await wanted.onLoad(result);
    };
    let careful = carefully;
    for (let nameless = 0; nameless < MAX_NAMELESS_DEATHS; ) {
      session ??= openChildSession(options);
      const target = wanted.plugins.filter(({ id }) => !broken.has(id));
      const plugins = target.filter((plugin) => present.get(plugin.id) !== plugin);
      const keep = new Set(target.map(({ id }) => id));
      const remove = [...present.keys()].filter((id) => !keep.has(id));
      try {
        const loaded = await until(deadline, session.load({ plugins, remove, chains: wanted.chains, careful }));
        if (loaded.report !== undefined) await wanted.onReport?.(loaded.report);
        if (loaded.failure !== undefined) throw new HostFailure(`Plugins could not be loaded: ${loaded.failure}`);
        for (const result of loaded.results) await conclude(result);
        present = new Map(target.filter(({ id }) => !broken.has(id)).map((plugin) => [plugin.id, plugin]));
        return;
      } catch (error) {
        await leaveChild();
        if (!(error instanceof ChildDeath)) throw error;
        if (options.clock() >= deadline) throw new HostFailure('The plugins could not be loaded in time');
        careful = true;
        if (error.running === null) nameless++;
        else await conclude({ id: error.running.plugin, hooks: [], error: hookError(error, error.running.hook) });
      }
    }
    throw new HostFailure(
      'The plugin host died again and again while plugins were loaded, and no plugin could be named',
    );
  };

  /** Ends the child when its work is not done by the deadline. */
  const until = async <Result>(deadline: number, work: Promise<Result>): Promise<Result> => {
    const timer = setTimeout(() => void session?.close(), Math.max(0, deadline - options.clock()));
    return work.finally(() => clearTimeout(timer));
  };

  /** One run of the batch in the child that is there. */
  const attempt = (
    records: IncomingRecord[],
    careful: boolean,
    blame: Blame,
    deadline: number,
  ): Promise<BatchOutput> => {
    const leftMilliseconds = deadline - options.clock();
    const { hookTimeoutMilliseconds } = options.configure;
    const work = (session as ChildSession).batch(
      {
        messageIds: records.map(({ messageId }) => messageId),
        careful,
        skips: blame.skips,
        suspended: [...blame.suspended.values()].map(({ plugin, error }) => ({ plugin, error })),
        // What is under way then may take a hook's time to end and be noticed, and what it leaves behind has to be waited for.
        softLimitMilliseconds: Math.max(leftMilliseconds / 2, leftMilliseconds - 1.3 * hookTimeoutMilliseconds - 1000),
      },
      records.map(({ body }) => body),
    );
    return until(deadline, work);
  };

  /** Runs a batch, again and again carefully while its child dies and somebody can be named for it. */
  const runTogether = async (records: IncomingRecord[], blame: Blame, deadline: number): Promise<BatchOutput> => {
    for (let nameless = 0; ; ) {
      const careful = nameless > 0 || blame.skips.length > 0;
      try {
        if (session === null) await prepare(careful, deadline);
        const output = await attempt(records, careful, blame, deadline);
        if (output.failure !== undefined) throw new HostFailure(output.failure);
        checkAccounts(output, records.length, wanted.plugins);
        return output;
      } catch (error) {
        await leaveChild();
        // Past the deadline the child was ended by us, so its death blames nobody.
        if (!(error instanceof ChildDeath) || options.clock() >= deadline) throw error;
        if (error.running !== null) take(error, error.running, blame);
        else if (++nameless >= MAX_NAMELESS_DEATHS) throw error;
      }
    }
  };

  /** Remembers who ended the child: that call is not made again, and who does it too often is not called at all. */
  const take = (death: ChildDeath, { plugin, record, position, hook }: Running, blame: Blame): void => {
    const count = (strikes.get(plugin) ?? 0) + 1;
    strikes.set(plugin, count);
    blame.skips.push({ plugin, record, position, error: { name: nameOf(death), message: death.message } });
    if (count >= options.strikes) blame.suspended.set(plugin, { plugin, error: hookError(death, hook) });
  };

  /** When nobody can be named for a batch that ends every child, its messages run one by one: only those that do it fail. */
  const runSingly = async (records: IncomingRecord[], blame: Blame, deadline: number): Promise<BatchOutput> => {
    const outputs: BatchOutput[] = [];
    for (const record of records) {
      const output =
        options.clock() < deadline
          ? runTogether([record], { ...blame, skips: [] }, deadline)
          : Promise.reject(new HostFailure('The time for this batch is over'));
      outputs.push(await output.catch((error: unknown) => nothingOf(error as Error)));
    }
    return mergeOutputs(outputs);
  };

  return {
    async install(installation, deadline) {
      for (const plugin of installation.plugins) {
        // Something about it has changed: it gets a new chance.
        if (!wanted.plugins.includes(plugin)) {
          broken.delete(plugin.id);
          strikes.delete(plugin.id);
        }
      }
      wanted = installation;
      await prepare(false, deadline);
    },

    async run(records, deadline) {
      const blame: Blame = { skips: [], suspended: new Map() };
      const output = await runTogether(records, blame, deadline).catch((error: unknown) => {
        if (!(error instanceof ChildDeath) || records.length === 1 || options.clock() >= deadline) throw error;
        return runSingly(records, blame, deadline);
      });
      return { ...output, verdicts: [...blame.suspended.values()] };
    },

    async tearDown(limitMilliseconds) {
      const all = { plugins: [], remove: [...present.keys()], chains: [], careful: false };
      // The child needs a part of the time to store what the plugins leave.
      const load = { ...all, teardownMilliseconds: limitMilliseconds * TEARDOWN_SHARE };
      const loaded = session && until(options.clock() + limitMilliseconds, session.load(load));
      const report = (await loaded?.catch(() => undefined))?.report;
      if (report !== undefined) await wanted.onReport?.(report).catch(() => {});
      await leaveChild();
    },
    processId: () => session?.processId ?? null,
    stop: leaveChild,
  };
}

function hookError(death: ChildDeath, hook: string): HookError {
  return { hook, name: nameOf(death), message: death.message, retry: false };
}

function nameOf(death: ChildDeath): string {
  return death.cause === 'silence'
    ? 'TimeoutError'
    : death.cause === 'memory'
      ? 'OutOfMemoryError'
      : 'ProcessExitError';
}
