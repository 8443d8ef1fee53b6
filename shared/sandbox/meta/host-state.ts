import type { PendingWork } from '../pending-work.ts';
import type { ApiAccess, CacheCommand, CapturedEvent, EnqueuedJob, StorageCommand } from '../service-calls.ts';
import type { Services } from '../services.ts';
import { type CacheHost, createCacheHost } from './cache.ts';
import { type CommandQueue, createCommandQueue } from './command-queue.ts';
import { createLocator, type Locator } from './geoip.ts';
import { createOutbox, type Outbox } from './outbox.ts';

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
  /** Stores and sends what is left. Resolves when the parent has it, to whether there was anything. */
  flush(): Promise<boolean>;
  /** Forgets what was read, so that the next batch sees what other processes wrote. */
  forget(): void;
}

/** What an item of an outbox has beside its text. */
const CHARACTERS_AROUND = 100;

export function createHostState(services: Pick<Services, 'call' | 'problemWith'>, work: PendingWork): HostState {
  const { call, problemWith } = services;
  const cache = createCacheHost(
    {
      read: (keys) => call('cache.read', keys),
      write: async (entries) => void (await call('cache.write', entries)),
    },
    work,
  );
  const storage = createCacheHost(
    {
      read: (keys) => call('storage.read', keys),
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
      (commands) => call('cache.run', commands),
      cache,
      problemWith('cache.run'),
      work,
    ),
    storage,
    storageCommands: createCommandQueue<StorageCommand>(
      (commands) => call('storage.run', commands),
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
      return sent.includes(true);
    },
    forget() {
      for (const part of [cache, storage, locator]) part.forget();
      access.clear();
    },
  };
}
