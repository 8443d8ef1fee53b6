import type { PendingWork } from '../pending-work.ts';
import type {
  ApiAccess,
  CacheCommand,
  CacheKey,
  CapturedEvent,
  EnqueuedJob,
  StorageCommand,
} from '../service-calls.ts';
import type { Services } from '../services.ts';
import { type CacheHost, createCacheHost } from './cache.ts';
import { type CommandQueue, createCommandQueue } from './command-queue.ts';
import { createLocator, type Locator } from './geoip.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createStateCalls } from './state-calls.ts';

/** All that plugins of one child keep and send through the parent. Reads are shared and writes coalesced within one batch. */
export interface HostState {
  cache: CacheHost;
  cacheCommands: CommandQueue<CacheCommand>;
  storage: CacheHost;
  storageCommands: CommandQueue<StorageCommand>;
  jobs: Outbox<EnqueuedJob>;
  captures: Outbox<CapturedEvent>;
  locator: Locator;
  /** Where the project of a plugin config has its API. */
  apiAccess(plugin: number, teamId: number): Promise<ApiAccess>;
  /** Why nothing can be kept in storage; null when it can. */
  storageProblem: string | null;
  /**
   * Stores and sends what is left. Resolves when the parent has it, to whether there was anything.
   *
   * @throws when that failed, or anything else for plugins' state since the last time: what was done without it must not be acknowledged
   */
  flush(): Promise<boolean>;
  /** Resolves when the parent has answered all that it was asked for plugins' state. */
  answered(): Promise<void>;
  /** Forgets what was read, so that the next batch sees what other processes wrote. */
  forget(): void;
}

/** What an item of an outbox has beside its text. */
const CHARACTERS_AROUND = 100;

export function createHostState(services: Pick<Services, 'call' | 'problemWith'>, work: PendingWork): HostState {
  const { call, problemWith } = services;
  const calls = createStateCalls();
  const readFrom = (service: 'cache.read' | 'storage.read') => (keys: CacheKey[]) =>
    // What is not there at all is the plugin's problem, and no trouble of state.
    problemWith(service) === null ? calls.read(service, keys, call(service, keys)) : call(service, keys);
  const cache = createCacheHost(
    {
      read: readFrom('cache.read'),
      write: async (entries) => void (await call('cache.write', entries)),
    },
    work,
  );
  const storage = createCacheHost(
    {
      read: readFrom('storage.read'),
      write: async (entries) => void (await call('storage.write', entries)),
    },
    work,
    'storage.set',
  );
  const jobs = createOutbox<EnqueuedJob>(
    (items) => call('jobs.enqueue', items),
    ({ name, payload = '' }) => name.length + payload.length + CHARACTERS_AROUND,
    problemWith('jobs.enqueue'),
    work,
  );
  const captures = createOutbox<CapturedEvent>(
    (items) => call('capture', items),
    ({ event }) => event.length + CHARACTERS_AROUND,
    problemWith('capture'),
    work,
  );
  const locator = createLocator(services, work);
  const access = new Map<number, Promise<ApiAccess>>();

  return {
    cache,
    cacheCommands: createCommandQueue<CacheCommand>(
      (commands) => calls.run(call('cache.run', commands)),
      cache,
      problemWith('cache.run'),
      work,
    ),
    storage,
    storageCommands: createCommandQueue<StorageCommand>(
      (commands) => calls.run(call('storage.run', commands)),
      storage,
      problemWith('storage.run'),
      work,
    ),
    jobs,
    captures,
    locator,
    storageProblem: problemWith('storage.write'),
    async apiAccess(plugin, teamId) {
      const known = access.get(plugin) ?? work.track(call('api.access', { plugin, teamId }));
      access.set(plugin, known);
      return known;
    },
    async flush() {
      const sent = await Promise.all([cache, storage, jobs, captures].map((part) => part.flush()));
      calls.raise();
      return sent.includes(true);
    },
    answered: calls.settled,
    forget() {
      for (const part of [cache, storage, locator]) part.forget();
      access.clear();
    },
  };
}
