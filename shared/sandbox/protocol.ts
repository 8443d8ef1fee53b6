import type { IngestionFormat } from '../event/ingestion-format.ts';
import type { Compression, PackLimits } from '../event/pack-events.ts';
import type { MessageLimits } from '../event/read-message.ts';
import type { RejectionReason } from '../event/rejection.ts';
import type { PluginReport } from './plugin-report.ts';
import type { ServiceName } from './service-calls.ts';

/**
 * What the function's process (the parent, which holds the credentials) and the plugin host's child (which holds the plugins)
 * say to each other, as length-prefixed frames over one socket. Bodies travel as raw bytes, all else as JSON.
 */
export const FRAME = {
  // parent → child
  configure: 1,
  load: 2,
  batch: 3,
  /** One raw message body; as many as the batch said, in its order. */
  record: 4,
  reply: 5,
  invoke: 6, // calls of hooks outside of a chain, see hook-call.ts
  clock: 7, // the time that plugins see from now on; only where time is not the machine's
  deliver: 8, // see delivery.ts; a record frame for each message follows
  // child → parent
  loaded: 64,
  /** u32 length of a JSON header `MessageHeader`, the header, the finished body. */
  message: 65,
  done: 66,
  call: 67,
  alive: 68, // every so often while there is work: silence means a plugin blocks the event loop
  /** What is about to run, so that whoever never comes back has a name. */
  running: 69,
  invoked: 70, // the last frame of an `invoke`
  delivery: 71, // as `message`, with a `DeliveryHeader`
  export: 72, // as `message`, with an `ExportHeader`, and events only when it failed
  delivered: 73,
  rest: 74, // as `export`, with a `RestHeader`
} as const;

/** First frame: how this child is to work. Limits come from the parent, so a child has no configuration of its own. */
export interface Configure {
  hookTimeoutMilliseconds: number;
  aliveEveryMilliseconds: number;
  allowPrivateNetworks: boolean;
  format: IngestionFormat;
  compression: Compression;
  packLimits: PackLimits;
  messageLimits: MessageLimits;
  /** Where the bundles of the libraries lie that plugins may import. */
  librariesFolder: string;
  /** Events whose hooks may wait at the same time. */
  concurrency: number;
  /** How many calls of a plugin config may time out within one batch before the rest of its calls fail at once. */
  timeoutsBeforeSuspension: number;
  /** Bytes of finished messages after which a batch begins no further record. One record may have more, see `sandbox/batch-limits.ts`. */
  maxOutputBytes: number;
  /** Services that the parent does not have: what needs them fails at once, in the plugin that asked. Absent: it has all. */
  missingServices?: readonly ServiceName[];
}

/** A plugin config as the child needs it. */
export interface SandboxPlugin {
  /** The plugin config's id. */
  id: number;
  teamId: number;
  name: string;
  code: string;
  config: Record<string, unknown>;
  /** Files that the user uploaded, by the key of their field. */
  attachments?: Record<string, SandboxAttachment>;
  /** Hosts that it may connect to, see `host-list.ts`. Absent: all that are public. */
  allowedHosts?: readonly string[];
}

export interface SandboxAttachment {
  contentType: string;
  fileName: string;
  contentsBase64: string;
}

/** How a metric's values of one period become one. */
export type MetricOperation = 'sum' | 'max' | 'min';

/** Makes the child's plugins and chains exactly these: new ones are set up, missing ones torn down, others left alone. */
export interface Load {
  /** New or changed plugin configs. A changed one has its old self torn down first. */
  plugins: SandboxPlugin[];
  /** Plugin configs to tear down. */
  remove: number[];
  /** How long `teardownPlugin` may take, milliseconds; absent: as long as any hook. */
  teardownMilliseconds?: number;
  /** Every known project with its chain: ids of loaded plugin configs in order. */
  chains: { teamId: number; plugins: number[] }[];
  /** Sets up one after the other and announces each: after a crash, to find the culprit. */
  careful: boolean;
  withoutSetup?: boolean; // only evaluates the code, and says what it exports; absent: setupPlugin is called
}

export interface Loaded {
  results: LoadResult[];
  /** What plugins did meanwhile, and since the last batch: nothing may come after this for a child that is to end. */
  report?: PluginReport;
  /** What failed beside the plugins themselves, for example that state could not be written. */
  failure?: string;
}

export interface LoadResult {
  id: number;
  /** JSON text of what `setupPlugin` returned; absent when that is nothing that JSON can say. */
  value?: string;
  /** What the plugin exports, as far as the host calls it; absent when it did not load. */
  capabilities?: Capabilities;
  /** The metrics that the plugin declares, by name. */
  metrics?: Record<string, MetricOperation>;
  error?: HookError;
}

/** What a plugin can do, by the names of its exports. */
export interface Capabilities {
  /** Hooks without scheduled tasks; one that has only `processEventBatch` has `processEvent`. */
  methods: string[];
  /** Names of its jobs. */
  jobs: string[];
  /** Every export that begins with `runEvery`, also those that are never run. */
  scheduledTasks: string[];
}

/** A hook's failure, copied out of the plugin's realm. */
export interface HookError {
  /** The hook, or `load` when the code did not evaluate. */
  hook: string;
  name: string;
  message: string;
  stack?: string;
  /** The plugin threw RetryError: it asks to be called again later. */
  retry: boolean;
  event?: { uuid: string; event: string };
}

/** One position in a batch: a call of a plugin config's hook that must not happen again because it killed the host. */
export interface Skip {
  plugin: number;
  record: number;
  position: number;
  error: { name: string; message: string };
}

export interface Batch {
  /** Message ids, in the order in which the record frames follow. */
  messageIds: string[];
  /** One event at a time, each call announced. */
  careful: boolean;
  skips: Skip[];
  /** Plugin configs that are passed by for the rest of this batch, with the error to record. */
  suspended: { plugin: number; error: { name: string; message: string } }[];
  /** Time after this frame arrived at which the child starts no further record, event or call. */
  softLimitMilliseconds: number;
  hops?: readonly number[]; // by record: how many captures have led to its events; absent when all are 0
}

export interface MessageHeader {
  events: number;
  /** Indexes of the records that the events came from. */
  records: number[];
}

/** What became of one record's events: `events = ingested + deadLetters + the sum of dropped`, always. */
export interface Account {
  events: number;
  ingested: number;
  /** By plugin config id. */
  dropped: Record<string, number>;
  /** Hook failures by plugin config id; the events went on. */
  failed: Record<string, number>;
  /** Events that came to `processEvent`, by plugin config id; absent when there were none. */
  seen?: Record<string, number>;
  deadLetters: number;
  /** Events put into deliveries, by plugin config id; absent when there were none. */
  deliveries?: Record<string, number>;
  /** Not all of the record was done: the counts are of the events that were. Its message must come again. */
  unfinished?: true;
}

export interface DeadLetter {
  record: number;
  /** Which event of the record; absent when the whole message is meant. */
  position?: number;
  reason: RejectionReason;
  detail: string;
  /** How many events it stands for, when that is more than one; then the whole message must be kept. */
  count?: number;
  /** The event alone; absent when the whole message must be kept. */
  body?: string;
}

/** The last frame of a batch: everything but the message bodies. */
export interface Done extends PluginReport {
  accounts: Account[];
  deadLetters: DeadLetter[];
  /** CPU that the child has used since it was started, all its threads, microseconds. */
  cpuMicroseconds: number;
  /** Why nothing of this batch may be acknowledged, for example because state could not be written. */
  failure?: string;
}

/** In `Running`: what runs next is the work of no plugin in particular. */
export const NO_PLUGIN = -1;

export interface Running {
  /** The plugin config's id, or NO_PLUGIN. */
  plugin: number;
  hook: string;
  record: number;
  position: number;
}
