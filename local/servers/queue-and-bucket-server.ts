import { mkdir } from 'node:fs/promises';
import { buildApp } from 'fauxqs';
import type { Clock } from '../time/clock.ts';
import { machineClock } from '../time/clock.ts';
import type { ClockedQueue, QueueState } from './queue-time.ts';
import { atTimeOf, keepQueueTime, readQueueState } from './queue-time.ts';

export interface EmbeddedServer {
  /** `http://127.0.0.1:<port>` */
  url: string;
  stop(): Promise<void>;
}

export interface QueueAndBucketServer extends EmbeddedServer {
  /** What a queue holds right now. */
  queueState(queueName: string): QueueState;
}

/** The account that fauxqs puts into every ARN and queue URL. */
export const ACCOUNT_ID = '000000000000';

export interface QueueAndBucketServerOptions {
  region: string;
  /** Keeps queues, messages, buckets and objects in a SQLite file here; in memory when it is not given. */
  dataDirectory?: string;
  /** Delays and visibility timeouts are measured by it; this machine's time unless given. */
  clock?: Clock;
  /** Told of every message as it enters a queue; it takes none out. */
  onMessage?: (message: QueuedMessage) => void;
}

/** A message that has just entered a queue. */
export interface QueuedMessage {
  queueName: string;
  body: string;
  /** By name. */
  attributes: Record<string, string>;
}

/**
 * Starts fauxqs, which speaks SQS and S3, on a free port of 127.0.0.1.
 *
 * Its own `startFauxqs` listens on all interfaces and puts a host name into queue URLs, so its parts are put together
 * here. They are not among its exports: the version is pinned, and the contract is tested.
 */
export async function startQueueAndBucketServer({
  region,
  dataDirectory,
  clock = machineClock,
  onMessage,
}: QueueAndBucketServerOptions): Promise<QueueAndBucketServer> {
  const { SqsStore } = await internals<{ SqsStore: new () => QueueStore }>('./sqs/sqsStore.js');
  const { SnsStore } = await internals<{ SnsStore: new () => PersistentStore }>('./sns/snsStore.js');
  const { S3Store } = await internals<{ S3Store: new () => PersistentStore }>('./s3/s3Store.js');
  allowCharactersBeyondTheFirstPlane(await internals<QueueTypes>('./sqs/sqsTypes.js'));
  const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
  // Without a host of its own the store builds queue URLs from the request's, and that is an address: no DNS needed.
  stores.sqsStore.host = '';
  if (onMessage !== undefined) stores.sqsStore.spy = { addMessage: (seen) => tellOf(seen, onMessage) };
  keepQueueTime(stores.sqsStore, clock);

  const app = buildApp({ logger: false, defaultRegion: region, stores: stores as never });
  const persistence = dataDirectory === undefined ? undefined : await openPersistence(dataDirectory);
  if (persistence !== undefined) app.addHook('preClose', (done: () => void) => (persistence.close(), done()));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  if (persistence !== undefined) atTimeOf(clock, () => restore(stores, persistence, url));
  return {
    url,
    queueState: (name) => readQueueState(stores.sqsStore.getQueueByName(name), clock),
    stop: async () => void (await app.close()),
  };
}

interface QueueTypes {
  INVALID_MESSAGE_BODY_CHAR: RegExp;
}

/**
 * SQS takes U+10000 to U+10FFFF, emoji among them. fauxqs 2.4.1 looks at UTF-16 units, so it refuses the surrogates
 * that these are written with.
 */
function allowCharactersBeyondTheFirstPlane({ INVALID_MESSAGE_BODY_CHAR }: QueueTypes): void {
  const notAllowed = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
  INVALID_MESSAGE_BODY_CHAR.test = (text) => notAllowed.test(text);
}

interface PersistentStore {
  persistence: Persistence | undefined;
}

/** What happens to messages, as fauxqs tells of it. */
interface SeenMessage {
  status: string;
  queueName: string;
  body: string;
  messageAttributes?: Record<string, { StringValue?: string }>;
}

function tellOf(
  { status, queueName, body, messageAttributes = {} }: SeenMessage,
  listen: (message: QueuedMessage) => void,
) {
  if (status !== 'published') return;
  const attributes = Object.entries(messageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue]);
  listen({ queueName, body, attributes: Object.fromEntries(attributes) as Record<string, string> });
}

interface QueueStore extends PersistentStore {
  host: string;
  spy: { addMessage(message: SeenMessage): void };
  allQueues(): Iterable<PersistentStore>;
  getQueueByName(name: string): ClockedQueue | undefined;
}

interface Persistence {
  db: { exec(sql: string): void };
  load(...stores: PersistentStore[]): void;
  updateMessageReady(messageId: string): void;
  close(): void;
}

async function internals<T>(path: string): Promise<T> {
  return (await import(new URL(path, import.meta.resolve('fauxqs')).href)) as T;
}

async function openPersistence(dataDirectory: string): Promise<Persistence> {
  await mkdir(dataDirectory, { recursive: true });
  const { PersistenceManager } = await internals<{ PersistenceManager: new (directory: string) => Persistence }>(
    './persistence.js',
  );
  const persistence = new PersistenceManager(dataDirectory);
  // With the write-ahead log this outlives a killed process, and does not wait for the disk on each message.
  persistence.db.exec('PRAGMA synchronous = NORMAL');
  // fauxqs 2.4.1 sets the receive count to NULL here, which its own schema forbids: a message made visible again at once
  // (ChangeMessageVisibility 0) would be a 500. The count is kept instead.
  persistence.updateMessageReady = (messageId) => {
    persistence.db.exec(
      `UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL
       WHERE message_id = '${messageId.replaceAll("'", "''")}'`,
    );
  };
  return persistence;
}

/** Loads what the last run left. The port is another one than then, so queue URLs are written anew. */
function restore(
  { sqsStore, snsStore, s3Store }: { sqsStore: QueueStore; snsStore: PersistentStore; s3Store: PersistentStore },
  persistence: Persistence,
  url: string,
): void {
  persistence.db.exec(`UPDATE sqs_queues SET url = '${url}/${ACCOUNT_ID}/' || name`);
  persistence.load(sqsStore, snsStore, s3Store);
  // Assigned after loading: a store that persists would write back, and thereby replace, what it is reading.
  for (const store of [sqsStore, snsStore, s3Store, ...sqsStore.allQueues()]) store.persistence = persistence;
}
