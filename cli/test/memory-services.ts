import type { ServicesDeps } from '../../shared/host/services.ts';
import type { ApiAccess, CapturedEvent, EnqueuedJob } from '../../shared/sandbox/service-calls.ts';
import { createMemoryCache, type MemoryCache } from './memory-cache.ts';
import { createMemoryStorage, type MemoryStorage } from './memory-storage.ts';

/** What the host's services do, kept in memory. */
export interface MemoryServices extends Required<Omit<ServicesDeps, 'cache' | 'storage'>> {
  cache: MemoryCache;
  storage: MemoryStorage;
  enqueued: EnqueuedJob[];
  captured: CapturedEvent[];
  /** Records of a City database, as MaxMind spells them, by address. */
  places: Map<string, object>;
  apiAccess: ApiAccess;
}

/** @param now milliseconds since 1970; what expires, expires by it. */
export function createMemoryServices(now: () => number): MemoryServices {
  const cache = createMemoryCache(now);
  const enqueued: EnqueuedJob[] = [];
  const captured: CapturedEvent[] = [];
  const places = new Map<string, object>();
  const apiAccess: ApiAccess = {
    host: 'https://app.posthog.com',
    projectApiKey: 'phc_project',
    personalApiKey: 'phx_person',
  };
  return {
    cache,
    cacheCommands: cache,
    storage: createMemoryStorage(),
    jobs: { enqueue: async (jobs) => void enqueued.push(...jobs) },
    captures: { capture: async (events) => void captured.push(...events) },
    geoip: { lookup: async (ip) => places.get(ip) ?? null },
    api: { access: async () => apiAccess },
    warn: () => {},
    enqueued,
    captured,
    places,
    apiAccess,
  };
}
