import { join } from 'node:path';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../shared/event/read-message.ts';
import type { Services } from '../../shared/host/child-session.ts';
import { hostOptions } from '../../shared/host/host-settings.ts';
import { createPluginHost } from '../../shared/host/plugin-host.ts';
import type { HookCall, HookResult } from '../../shared/sandbox/hook-call.ts';
import type { Done, HookError, LoadResult, SandboxPlugin } from '../../shared/sandbox/protocol.ts';
import type { ChildAsks } from './child-asks.ts';
import type { Clock } from './clock.ts';
import type { HttpStubs } from './http-stubs.ts';
import { isNobodys, type Journal, type ListedError } from './journal.ts';

const PROJECT_ROOT = join(import.meta.dirname, '../..');

/** A whole scenario may take so long, milliseconds: what takes long in it are hooks, and those have a limit of their own. */
const NO_DEADLINE = 24 * 60 * 60 * 1000;

/** MiB of heap, as a function of 512 MB has. */
const HEAP_MEGABYTES = 307;

export interface BenchHostDeps {
  services: Services;
  stubs: HttpStubs;
  journal: Journal;
  clock: Clock;
  /** Where the bundles of the libraries lie that plugins may import. */
  librariesFolder: string;
  timeoutSeconds: number;
  allowPrivateNetworks: boolean;
}

export interface BenchInstallation {
  plugins: SandboxPlugin[];
  /** Ids of those that events run through, in order. */
  chain: number[];
  /** Every `team_id` that events may have. */
  teams: Set<unknown>;
  /** Hears how each plugin's loading ended, also when a new child loads them again later. */
  onLoad(result: LoadResult): void;
}

/** Production's plugin host, with a child whose time and HTTP are the scenario's. All that plugins say and do wrong goes to the journal. */
export interface BenchHost {
  /** Makes the host run exactly these plugins. */
  install(installation: BenchInstallation): Promise<void>;
  /** Runs events through the chain, one after the other. Gives each as JSON, null for one that was dropped. */
  run(events: object[]): Promise<{ outputs: (string | null)[]; hasThrown: boolean }>;
  /** Calls hooks outside of the chain, one after the other. */
  invoke(calls: HookCall[]): Promise<(HookResult & { listed?: ListedError })[]>;
  stop(): Promise<void>;
}

export function createBenchHost(deps: BenchHostDeps): BenchHost {
  const { journal, stubs, clock } = deps;
  /** Errors that the child has told of the work at hand. */
  let heard: { plugin: number | null; error: HookError }[] = [];

  const answers: { [Name in keyof ChildAsks]: (payload: ChildAsks[Name][0]) => ChildAsks[Name][1] } = {
    'bench.started': () => {
      heard = [];
      return null;
    },
    'bench.error': (told) => {
      heard.push(told);
      return null;
    },
    'bench.http': (request) => stubs.answer(request),
  };
  const services: Services = Object.assign(
    async (service: string, payload: unknown) => {
      const answer = answers[service as keyof ChildAsks] as ((payload: unknown) => unknown) | undefined;
      return answer === undefined ? deps.services(service as never, payload) : answer(payload);
    },
    { missing: deps.services.missing ?? [] },
  );

  const options = hostOptions(
    {
      hookTimeoutSeconds: deps.timeoutSeconds,
      // Nobody is suspended: each call of a scenario is made.
      strikes: Number.MAX_SAFE_INTEGER,
      heapMegabytes: HEAP_MEGABYTES,
      allowPrivateNetworks: deps.allowPrivateNetworks,
      format: 'packed',
      compression: { algorithm: 'none' },
    },
    {
      entry: join(PROJECT_ROOT, 'cli/test/bench-child.ts'),
      readablePaths: [
        ...['shared', 'cli', 'package.json'].map((path) => join(PROJECT_ROOT, path)),
        deps.librariesFolder,
      ],
      librariesFolder: deps.librariesFolder,
    },
    services,
    () => performance.now(),
  );
  const host = createPluginHost({
    ...options,
    pluginTime: clock.now,
    // One event at a time: what a scenario shows must not depend on who is faster.
    configure: { ...options.configure, concurrency: 1, hookTimeoutMilliseconds: Math.ceil(deps.timeoutSeconds * 1000) },
  });
  const deadline = () => performance.now() + NO_DEADLINE;

  /**
   * Writes down what came with the end of some work: what was said, the errors that came back, and those that did not. The latter are of
   * promises that nobody awaited, started by what ran: `hookOf` knows.
   */
  const take = (
    done: Pick<Done, 'logs' | 'logsDropped' | 'metrics'>,
    hookOf: HookOf,
    writeErrors = () => {},
  ): boolean => {
    journal.hear(done.logs);
    writeErrors();
    const told = heard;
    heard = [];
    for (const { plugin, error } of told) journal.error(error, hookOf(plugin));
    if (done.logsDropped > 0)
      journal.log({ source: 'SYSTEM', type: 'WARN', message: `${done.logsDropped} further log lines were not kept` });
    journal.measure(done.metrics ?? []);
    return told.some(({ error }) => !isNobodys(error));
  };

  /** Asks what has been said since, as long as answered requests lead to further ones. */
  const drain = async (hookOf: HookOf): Promise<void> => {
    for (let known = -1; known !== stubs.requests.length; ) {
      known = stubs.requests.length;
      take(await host.invoke([], deadline()), hookOf);
    }
  };
  /** Does some work; what libraries still do after its last request belongs to it. */
  const draining = async <Result>(hookOf: HookOf, work: () => Promise<Result>): Promise<Result> => {
    const known = stubs.requests.length;
    const result = await work();
    if (stubs.requests.length !== known) await drain(hookOf);
    return result;
  };

  return {
    async install({ plugins, chain, teams, onLoad }) {
      const chains = [...teams].map((teamId) => ({ teamId: teamId as number, plugins: chain }));
      await draining(SETUP, () =>
        host.install(
          {
            plugins,
            chains,
            onReport: async (report) => void take(report, SETUP),
            onLoad: async (result) => onLoad(result),
          },
          deadline(),
        ),
      );
    },
    run: (events) =>
      draining(CHAIN, async () => {
        const records = events.map((event, index) => ({
          messageId: `event-${index}`,
          body: JSON.stringify({ v: 1, events: [event] }),
        }));
        const result = await host.run(records, deadline());
        const hasThrown = take(result, CHAIN);
        const ingested = result.messages.flatMap(({ body }) => readMessage(body, DEFAULT_MESSAGE_LIMITS));
        for (const { detail } of result.deadLetters)
          journal.log({ source: 'SYSTEM', type: 'ERROR', message: `An event became a dead letter: ${detail}` });
        const outputs = result.accounts.map((account) =>
          account.ingested === 1 ? JSON.stringify(ingested.shift()) : null,
        );
        return { outputs, hasThrown };
      }),
    invoke(calls) {
      const hookOf: HookOf = (id) => (calls.find(({ plugin }) => plugin === id) ?? calls[0])?.hook ?? 'unknown';
      return draining(hookOf, async () => {
        const invoked = await host.invoke(calls, deadline());
        const results: (HookResult & { listed?: ListedError })[] = invoked.results;
        take(invoked, hookOf, () => {
          for (const result of results) if (result.error !== undefined) result.listed = journal.error(result.error);
        });
        return results;
      });
    },
    stop: () => host.stop(),
  };
}

/** The hook that a promise of this plugin was started by. */
type HookOf = (plugin: number | null) => string;

const SETUP: HookOf = () => 'setupPlugin';
const CHAIN: HookOf = () => 'processEvent';
