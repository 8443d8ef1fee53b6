/**
 * What the child may ask its parent for, by service: what it sends and what it gets. Everything travels as JSON, and values of plugins as
 * JSON texts within it, so that nobody but the plugin's own realm makes objects of them.
 */
export interface ServiceCalls {
  /** Texts in the order of the keys, null for a miss. */
  'cache.read': [CacheKey[], (string | null | Refusal | Later)[]];
  'cache.write': [CacheEntry[], null];
  /** Carried out in their order, each of them atomic. One answer per command. */
  'cache.run': [CacheCommand[], CommandAnswer[]];
  'storage.read': [CacheKey[], (string | null | Later)[]];
  'storage.write': [CacheEntry[], null];
  'storage.run': [StorageCommand[], CommandAnswer[]];
  'jobs.enqueue': [EnqueuedJob[], null];
  capture: [CapturedEvent[], null];
  /** JSON texts of MaxMind `City` models in the order of the addresses, null for an address that is unknown or none. */
  'geoip.locate': [string[], (string | null)[]];
  /** Asked for once per plugin config and batch, when `posthog.api` is called without keys or without a host. */
  'api.access': [{ plugin: number; teamId: number }, ApiAccess];
}

export type ServiceName = keyof ServiceCalls;
export type Request<Name extends ServiceName> = ServiceCalls[Name][0];
export type Answer<Name extends ServiceName> = ServiceCalls[Name][1];

/** A request of the child to the parent's services; answered by a reply with the same id. */
export interface Call {
  id: number;
  service: ServiceName;
  /** Shape by service, see `ServiceCalls` in service-calls.ts. */
  payload: unknown;
}

export interface Reply {
  id: number;
  value?: unknown;
  error?: string;
}

export interface CacheKey {
  /** The plugin config's id. */
  plugin: number;
  key: string;
}

export interface CacheEntry extends CacheKey {
  /** Text, usually JSON; absent to delete. */
  value?: string;
  expiresInSeconds?: number;
}

/** An error that is the plugin's business, by the name and in the words that the original had. */
export interface Refusal {
  error: { name: string; message: string };
}

/** Stands for a text that would have made the answer too long; it is there when it is asked for again. */
export interface Later {
  later: true;
}

export type CommandAnswer = { value: unknown } | Refusal;

/** Adds a whole number to a number; a key that is not there counts as 0. Answers the sum. */
export interface Increment extends CacheKey {
  op: 'increment';
  by: number;
}

/** Stores what the plugin had set before the command that follows. Answers null. */
export interface SetBefore extends CacheEntry {
  op: 'set';
}

/** Redis commands, with Redis' answers and errors. */
export type CacheCommand =
  | Increment
  | SetBefore
  | (CacheKey & { op: 'expire'; seconds: number })
  | (CacheKey & { op: 'lpush'; elements: string[] })
  | (CacheKey & { op: 'lrange'; start: number; end: number })
  | (CacheKey & { op: 'llen' })
  | (CacheKey & { op: 'lrem'; count: number; element: string })
  | (CacheKey & { op: 'lpop'; count: number });

export type StorageCommand =
  | Increment
  | SetBefore
  /** Stores the number unless the key has a value. Answers null. */
  | (CacheKey & { op: 'init'; value: number });

export interface EnqueuedJob {
  /** The plugin config's id. */
  plugin: number;
  name: string;
  /** JSON text; absent when the job was given nothing. */
  payload?: string;
  /** Milliseconds since 1970; in the past: now. */
  runAt: number;
  /** How many captures have led to it; absent for none. */
  captureHops?: number;
  /** The same when what made it is run again: what it captures is named after it. Absent when nobody knows. */
  cause?: string;
}

export interface CapturedEvent {
  /** The plugin config that captured it. */
  plugin: number;
  /** The project it belongs to, whatever the JSON says. */
  teamId: number;
  uuid: string;
  /** The beginning of its name, for people. */
  name: string;
  /** How many captures have led to one another, this one included: at least 1. */
  hops: number;
  /** JSON text of a whole event, as it enters the start of the pipeline. */
  event: string;
}

/** With what `posthog.api` speaks to PostHog on behalf of a project. */
export interface ApiAccess {
  /** For example `https://app.posthog.com`. */
  host: string;
  /** Null when the project is not known. */
  projectApiKey: string | null;
  /** Null when none is configured. */
  personalApiKey: string | null;
}

/** Which part of a plugin's world each service is, for errors. */
const WHAT_IT_IS_FOR: Record<ServiceName, string> = {
  'cache.read': 'meta.cache',
  'cache.write': 'meta.cache',
  'cache.run': 'the list, counter and expiry commands of meta.cache',
  'storage.read': 'meta.storage',
  'storage.write': 'meta.storage',
  'storage.run': 'meta.utils.cursor',
  'jobs.enqueue': 'meta.jobs',
  capture: 'posthog.capture',
  'geoip.locate': 'meta.geoip',
  'api.access': 'posthog.api without keys of your own',
};

/** Tells a plugin's author that this deployment cannot do what was asked. */
export function missingServiceText(service: ServiceName): string {
  return `Not available here: ${WHAT_IT_IS_FOR[service]}. This function has no "${service}" service.`;
}
