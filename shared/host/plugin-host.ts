import type { HookError, LoadResult, SandboxPlugin, Skip } from '../sandbox/protocol.ts';
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
   * Never rejects because of a plugin; each one's outcome is in the results of those that were loaded now.
   */
  install(installation: Installation): Promise<LoadResult[]>;
  /**
   * Runs the events of a batch through their chains. When the child dies, a fresh one runs the batch again, one call at a time,
   * to find the culprit, whose call is then skipped: the rest of the batch arrives.
   *
   * @throws HostFailure when nothing of the batch may be acknowledged.
   */
  run(records: IncomingRecord[], deadline: number): Promise<BatchResult>;
  /** The child's process id, when there is one. */
  processId(): number | null;
  stop(): Promise<void>;
}

export interface PluginHostOptions extends SessionOptions {
  /** How often a plugin config may kill the host before it is to be disabled. */
  strikes: number;
}

/** The batch could not be finished: it must come again. */
export class HostFailure extends Error {
  override readonly name = 'HostFailure';
}

/** Attempts to get a child to live through loading or a batch when no culprit can be named. */
const MAX_NAMELESS_DEATHS = 3;

export function createPluginHost(options: PluginHostOptions): PluginHost {
  let session: ChildSession | null = null;
  let wanted: Installation = { plugins: [], chains: [] };
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
  const prepare = async (carefully: boolean): Promise<LoadResult[]> => {
    const results: LoadResult[] = [];
    let careful = carefully;
    for (let nameless = 0; nameless < MAX_NAMELESS_DEATHS; ) {
      session ??= openChildSession(options);
      const target = wanted.plugins.filter(({ id }) => !broken.has(id));
      const plugins = target.filter((plugin) => present.get(plugin.id) !== plugin);
      const keep = new Set(target.map(({ id }) => id));
      const remove = [...present.keys()].filter((id) => !keep.has(id));
      try {
        const loaded = await session.load({ plugins, remove, chains: wanted.chains, careful });
        if (loaded.failure !== undefined) throw new HostFailure(`Plugins could not be loaded: ${loaded.failure}`);
        for (const { id, error } of loaded.results) if (error !== undefined) broken.add(id);
        present = new Map(target.filter(({ id }) => !broken.has(id)).map((plugin) => [plugin.id, plugin]));
        return [...results, ...loaded.results];
      } catch (error) {
        await leaveChild();
        if (!(error instanceof ChildDeath)) throw error;
        careful = true;
        if (error.running === null) nameless++;
        else {
          const { plugin, hook } = error.running;
          broken.add(plugin);
          results.push({ id: plugin, hooks: [], error: hookError(error, hook) });
        }
      }
    }
    throw new HostFailure(
      'The plugin host died again and again while plugins were loaded, and no plugin could be named',
    );
  };

  const attempt = async (
    records: IncomingRecord[],
    careful: boolean,
    skips: Skip[],
    suspended: Map<number, Verdict>,
    deadline: number,
  ) => {
    const timer = setTimeout(() => void session?.close(), Math.max(0, deadline - options.clock()));
    try {
      return await (session as ChildSession).batch(
        {
          messageIds: records.map(({ messageId }) => messageId),
          careful,
          skips,
          suspended: [...suspended.values()].map(({ plugin, error }) => ({ plugin, error })),
        },
        records.map(({ body }) => body),
      );
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    async install(installation) {
      for (const plugin of installation.plugins) {
        // Something about it has changed: it gets a new chance.
        if (!wanted.plugins.includes(plugin)) {
          broken.delete(plugin.id);
          strikes.delete(plugin.id);
        }
      }
      wanted = installation;
      return prepare(false);
    },

    async run(records, deadline) {
      const skips: Skip[] = [];
      const suspended = new Map<number, Verdict>();
      let nameless = 0;
      for (;;) {
        try {
          if (session === null) await prepare(nameless > 0 || skips.length > 0);
          const output = await attempt(records, nameless > 0 || skips.length > 0, skips, suspended, deadline);
          if (output.failure !== undefined) throw new HostFailure(output.failure);
          checkAccounts(output, records.length);
          return { ...output, verdicts: [...suspended.values()] };
        } catch (error) {
          await leaveChild();
          // Past the deadline the child was ended by us, so its death blames nobody.
          if (!(error instanceof ChildDeath) || options.clock() >= deadline) throw error;
          if (error.running === null) {
            if (++nameless >= MAX_NAMELESS_DEATHS)
              throw new HostFailure(`The plugin host died ${nameless} times: ${error.message}`);
            continue;
          }
          const { plugin, record, position, hook } = error.running;
          skips.push({ plugin, record, position, error: { name: nameOf(error), message: error.message } });
          strikes.set(plugin, (strikes.get(plugin) ?? 0) + 1);
          if ((strikes.get(plugin) as number) >= options.strikes)
            suspended.set(plugin, { plugin, error: hookError(error, hook) });
        }
      }
    },

    processId: () => session?.processId ?? null,
    stop: leaveChild,
  };
}

/** The one rule, checked before anything is acknowledged: every event of every record is accounted for, and its bytes are here. */
function checkAccounts(output: BatchOutput, records: number): void {
  if (output.accounts.length !== records) {
    throw new HostFailure(`The plugin host accounted for ${output.accounts.length} of ${records} messages`);
  }
  let ingested = 0;
  for (const account of output.accounts) {
    const dropped = Object.values(account.dropped).reduce((sum, count) => sum + count, 0);
    if (account.events !== account.ingested + dropped + account.deadLetters) {
      throw new HostFailure(`The plugin host's account does not add up: ${JSON.stringify(account)}`);
    }
    ingested += account.ingested;
  }
  const packed = output.messages.reduce((sum, { events }) => sum + events, 0);
  const deadLetters = output.accounts.reduce((sum, account) => sum + account.deadLetters, 0);
  if (packed !== ingested || output.deadLetters.length !== deadLetters) {
    throw new HostFailure(
      `The plugin host accounted for ${ingested} events and ${deadLetters} dead letters, but gave ${packed} and ${output.deadLetters.length}`,
    );
  }
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
