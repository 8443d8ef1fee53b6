import { createMemoryServices as createServicesInMemory } from '../../cli/test/memory-services.ts';
import { createServices, type ServicesDeps } from '../../shared/host/services.ts';
import type { ApiAccess, CapturedEvent, EnqueuedJob, ServiceName } from '../../shared/sandbox/service-calls.ts';
import type { Services } from '../../shared/sandbox/services.ts';

/** What the host's services do, kept in memory as the test bench does it, for tests of plugins. Keys are `<plugin config id>:<key>`. */
export interface MemoryServices extends Required<Omit<ServicesDeps, 'warn'>> {
  warn: ServicesDeps['warn'];
  /** Texts of the cache. */
  texts: Map<string, string>;
  /** Lists of the cache, newest element first. */
  lists: Map<string, string[]>;
  /** When keys of the cache expire, milliseconds since 1970. */
  expiries: Map<string, number>;
  /** JSON texts. */
  stored: Map<string, string>;
  enqueued: EnqueuedJob[];
  captured: CapturedEvent[];
  /** Records of a City database, as MaxMind spells them, by address. */
  places: Map<string, object>;
  apiAccess: ApiAccess;
  /** Every use of a port, in order: how often the parent was asked, and for how much at once. */
  calls: { service: ServiceName; count: number }[];
}

export function createMemoryServices(now: () => number = Date.now): MemoryServices {
  const memory = createServicesInMemory(now);
  const { cache, storage } = memory;
  const calls: MemoryServices['calls'] = [];
  /** The same function, with every call of it noted. */
  const noted = <Parameters extends unknown[], Result>(
    service: ServiceName,
    run: (...parameters: Parameters) => Result,
  ): ((...parameters: Parameters) => Result) => {
    return (...parameters) => {
      const [items] = parameters;
      calls.push({ service, count: Array.isArray(items) ? items.length : 1 });
      return run(...parameters);
    };
  };
  return {
    ...memory,
    texts: cache.texts,
    lists: cache.lists,
    expiries: cache.expiries,
    stored: storage.stored,
    calls,
    cache: { readMany: noted('cache.read', cache.readMany), writeMany: noted('cache.write', cache.writeMany) },
    cacheCommands: { run: noted('cache.run', cache.run) },
    storage: {
      readMany: noted('storage.read', storage.readMany),
      writeMany: noted('storage.write', storage.writeMany),
      run: noted('storage.run', storage.run),
    },
    jobs: { enqueue: noted('jobs.enqueue', memory.jobs.enqueue) },
    captures: { capture: noted('capture', memory.captures.capture) },
    geoip: { lookup: noted('geoip.locate', memory.geoip.lookup) },
    api: { access: noted('api.access', memory.api.access) },
  };
}

/** The child's side of the services without a child: for parts of the sandbox that run in the test's own process. */
export function callsTo(memory: ServicesDeps): Pick<Services, 'call' | 'problemWith'> {
  const answer = createServices(memory);
  return { call: answer as Services['call'], problemWith: () => null };
}
