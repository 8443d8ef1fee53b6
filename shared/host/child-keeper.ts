import type { PluginReport } from '../sandbox/plugin-report.ts';
import type { LoadResult, SandboxPlugin } from '../sandbox/protocol.ts';
import { HostFailure } from './batch-output.ts';
import { ChildDeath, type ChildSession, openChildSession, type SessionOptions } from './child-session.ts';
import { hookErrorOf } from './strikes.ts';

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

/** Keeps one child that has what is wanted installed. */
export interface ChildKeeper {
  /** What is wanted now. */
  readonly plugins: SandboxPlugin[];
  /** @throws as `PluginHost.install`. */
  install(installation: Installation, deadline: number): Promise<void>;
  /** Has the child do something; one that is gone is started anew, its plugins set up one by one if `careful`. Ends it at the deadline. */
  work<Result>(careful: boolean, deadline: number, step: (session: ChildSession) => Promise<Result>): Promise<Result>;
  /** @see PluginHost.tearDown */
  tearDown(limitMilliseconds: number): Promise<void>;
  /** Ends the child. */
  leave(): Promise<void>;
  processId(): number | null;
}

/** Attempts to get a child to live through loading or a batch when no culprit can be named. */
export const MAX_NAMELESS_DEATHS = 3;

/** Of the time for a teardown of everything, what `teardownPlugin` may take. */
const TEARDOWN_SHARE = 2 / 3;

export function createChildKeeper(options: SessionOptions): ChildKeeper {
  let session: ChildSession | null = null;
  let wanted: Installation = { plugins: [], chains: [], onLoad: async () => {} };
  /** Plugins that are in the child now, as they were given. */
  let present = new Map<number, SandboxPlugin>();
  /** Plugins that did not load, so that a new child does not try them again. */
  const broken = new Set<number>();

  const leave = async (): Promise<void> => {
    await session?.close();
    session = null;
    present = new Map();
  };

  /** Brings a child, new or not, to the wanted installation. */
  const prepare = async (carefully: boolean, deadline: number): Promise<ChildSession> => {
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
        return session;
      } catch (error) {
        await leave();
        if (!(error instanceof ChildDeath)) throw error;
        if (options.clock() >= deadline) throw new HostFailure('The plugins could not be loaded in time');
        careful = true;
        if (error.running === null) nameless++;
        else await conclude({ id: error.running.plugin, error: hookErrorOf(error, error.running.hook) });
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

  return {
    get plugins() {
      return wanted.plugins;
    },
    async install(installation, deadline) {
      for (const plugin of installation.plugins) {
        // Something about it has changed: it gets a new chance.
        if (!wanted.plugins.includes(plugin)) broken.delete(plugin.id);
      }
      wanted = installation;
      await prepare(false, deadline);
    },
    async work(careful, deadline, step) {
      try {
        const ready = session ?? (await prepare(careful, deadline));
        return await until(deadline, step(ready));
      } catch (error) {
        await leave();
        throw error;
      }
    },
    async tearDown(limitMilliseconds) {
      const all = { plugins: [], remove: [...present.keys()], chains: [], careful: false };
      // The child needs a part of the time to store what the plugins leave.
      const load = { ...all, teardownMilliseconds: limitMilliseconds * TEARDOWN_SHARE };
      const loaded = session && until(options.clock() + limitMilliseconds, session.load(load));
      const report = (await loaded?.catch(() => undefined))?.report;
      if (report !== undefined) await wanted.onReport?.(report).catch(() => {});
      await leave();
    },
    leave,
    processId: () => session?.processId ?? null,
  };
}
