import {
  type ApiAccess,
  type CacheCommand,
  type CacheEntry,
  type CacheKey,
  type CapturedEvent,
  type CommandAnswer,
  type EnqueuedJob,
  type Later,
  missingServiceText,
  type Refusal,
  type ServiceCalls,
  type ServiceName,
  type StorageCommand,
} from '../sandbox/service-calls.ts';
import type { Services } from './child-session.ts';
import { cityOf } from './city.ts';

/** Where `meta.cache` lies. Expired entries are misses. */
export interface CachePort {
  /**
   * In the order of the keys: the text, null for a miss, a refusal (`WRONGTYPE …`) for a list. What would be too much at once is for later,
   * but never all of it.
   */
  readMany(keys: readonly CacheKey[]): Promise<(string | null | Refusal | Later)[]>;
  /** @returns the entries that can never be stored, each with the reason; @throws when it should be tried again. */
  writeMany(entries: readonly CacheEntry[]): Promise<{ plugin: number; message: string }[]>;
}

/** Redis' commands on what the cache holds. */
export interface CacheCommandsPort {
  /**
   * Carries commands of one key out in their order, each atomically, over all processes. Answers in the order of the commands:
   * Redis' answer (`expire` a boolean, `lpop` null when nothing is there), or Redis' error as a refusal.
   */
  run(commands: readonly CacheCommand[]): Promise<CommandAnswer[]>;
}

/** Where `meta.storage` lies: JSON texts without expiry. */
export interface StoragePort {
  readMany(keys: readonly CacheKey[]): Promise<(string | null | Later)[]>;
  /** An entry without value is deleted. Answers and errors as `CachePort.writeMany`. */
  writeMany(entries: readonly CacheEntry[]): Promise<{ plugin: number; message: string }[]>;
  /** As `CacheCommandsPort.run`: `init` answers null, `increment` the sum, whose JSON is then the key's text. */
  run(commands: readonly StorageCommand[]): Promise<CommandAnswer[]>;
}

export interface JobsPort {
  /** Resolves when every job will be run, at least once. */
  enqueue(jobs: readonly EnqueuedJob[]): Promise<void>;
}

export interface CapturePort {
  /** Puts events to the start of the pipeline. Resolves when they are queued. */
  capture(events: readonly CapturedEvent[]): Promise<void>;
}

export interface GeoipPort {
  /** The record of a MaxMind City database, with its own spelling (`geoname_id`); null for an address that is not in it, or none. */
  lookup(ip: string): Promise<object | null>;
}

export interface ApiPort {
  access(request: { plugin: number; teamId: number }): Promise<ApiAccess>;
}

/** What the parent has; what is left out is missing, and plugins are told. */
export interface ServicesDeps {
  cache: CachePort;
  cacheCommands?: CacheCommandsPort;
  storage?: StoragePort;
  jobs?: JobsPort;
  captures?: CapturePort;
  geoip?: GeoipPort;
  api?: ApiPort;
  warn: (message: string, details: Record<string, unknown>) => void;
}

type Handlers = { [Name in ServiceName]: ((request: ServiceCalls[Name][0]) => Promise<ServiceCalls[Name][1]>) | null };

/** Answers what the child asks for. A rejection reaches the plugin, or, for writes, keeps the batch from being acknowledged. */
export function createServices(deps: ServicesDeps): Services {
  const handlers = handlersOf(deps);
  const answer = async (service: ServiceName, payload: unknown): Promise<unknown> => {
    const handler = handlers[service] as ((payload: unknown) => Promise<unknown>) | null | undefined;
    if (handler === undefined)
      throw new Error(`There is no service "${service}"; known are ${Object.keys(handlers).join(', ')}`);
    if (handler === null) throw new Error(missingServiceText(service));
    return handler(payload);
  };
  const missing = (Object.keys(handlers) as ServiceName[]).filter((name) => handlers[name] === null);
  return Object.assign(answer, { missing });
}

function handlersOf({ cache, cacheCommands, storage, jobs, captures, geoip, api, warn }: ServicesDeps): Handlers {
  /** One entry that is too large is its plugin's mistake; the others are stored. */
  const tell = async (writing: Promise<{ plugin: number; message: string }[]>): Promise<null> => {
    for (const { message, plugin } of await writing) warn(message, { pluginConfig: plugin });
    return null;
  };
  return {
    'cache.read': (keys) => cache.readMany(keys),
    'cache.write': (entries) => tell(cache.writeMany(entries)),
    'cache.run': cacheCommands ? (commands) => cacheCommands.run(commands) : null,
    'storage.read': storage ? (keys) => storage.readMany(keys) : null,
    'storage.write': storage ? (entries) => tell(storage.writeMany(entries)) : null,
    'storage.run': storage ? (commands) => storage.run(commands) : null,
    'jobs.enqueue': jobs ? (items) => jobs.enqueue(items).then(() => null) : null,
    capture: captures ? (events) => captures.capture(events).then(() => null) : null,
    'geoip.locate': geoip ? (ips) => Promise.all(ips.map((ip) => locate(geoip, ip))) : null,
    'api.access': api ? (request) => api.access(request) : null,
  };
}

async function locate(geoip: GeoipPort, ip: string): Promise<string | null> {
  const record = await geoip.lookup(ip);
  return record === null ? null : JSON.stringify(cityOf(record));
}
