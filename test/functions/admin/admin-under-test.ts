import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Context } from 'aws-lambda';
import type { AdminDeps } from '../../../functions/admin/admin-deps.ts';
import { createAdmin } from '../../../functions/admin/index.ts';
import type { RequestLine } from '../../../functions/admin/log-requests.ts';
import { PROBLEM_SCHEMA } from '../../../functions/admin/open-api.ts';
import { ROUTES } from '../../../functions/admin/routes.ts';
import { createTokenBuckets } from '../../../functions/admin/token-bucket.ts';

import type { QueueMessage } from '../../../shared/aws/group-messages.ts';
import { createObjectBucket } from '../../../shared/aws/object-bucket.ts';
import { putObject } from '../../../shared/aws/put-object.ts';
import { sendMessages } from '../../../shared/aws/send-messages.ts';

import { createUploads } from '../../../shared/aws/uploads.ts';
import { walkQueue } from '../../../shared/aws/walk-queue.ts';
import { hostOptions } from '../../../shared/host/host-settings.ts';
import { createTryLoad } from '../../../shared/host/try-load.ts';
import { bundledLibrariesFolder } from '../../../shared/libraries/bundle-libraries.ts';
import { buildPlugin } from '../../../shared/plugins/build.ts';
import { type ApiScope, createApiTokens } from '../../../shared/registry/api-tokens.ts';
import { createAuditLog } from '../../../shared/registry/audit-log.ts';
import { createPluginConfigStore } from '../../../shared/registry/plugin-config-store.ts';
import { createPluginStore } from '../../../shared/registry/plugin-store.ts';
import { createProjectStore } from '../../../shared/registry/project-store.ts';
import { createSourceTokens } from '../../../shared/registry/source-tokens.ts';
import { createDataKeys } from '../../../shared/secrets/data-keys.ts';
import { createSecrets } from '../../../shared/secrets/secrets.ts';
import { packFiles } from '../../../shared/sources/archive/pack-files.ts';
import { createPluginSources } from '../../../shared/sources/plugin-sources.ts';
import { PUBLIC_SITES } from '../../../shared/sources/source-sites.ts';
import { createJobsStore } from '../../../shared/state/jobs-store.ts';
import { createLaterJobs } from '../../../shared/state/later-jobs.ts';
import { createPluginLogReader } from '../../../shared/state/plugin-log-reader.ts';
import { createPluginMetricsReader } from '../../../shared/state/plugin-metrics-reader.ts';
import { startTestTable, type TestTable } from '../../support/dynamodb.ts';
import { startTestQueues, type TestQueues } from '../../support/queues.ts';
import { startTestBucket, type TestBucket } from '../../support/s3.ts';

const QUEUES = ['events', 'ingestion', 'deliveries', 'tasks'] as const;
type QueueName = (typeof QUEUES)[number];
const LETTERS = ['events-letters', 'ingestion-letters', 'deliveries-letters', 'tasks-letters'] as const;

export interface Reply {
  status: number;
  headers: Record<string, string>;
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
  /** As it was sent. */
  text: string;
}

export interface Call {
  method?: string;
  path: string;
  /** JSON, or bytes as they are. */
  body?: unknown;
  token?: string | null;
  headers?: Record<string, string>;
  ip?: string;
}

/** The whole API on a table and a bucket of its own, called with the events of a function URL. Every answer is checked against its schema. */
export interface AdminUnderTest extends AsyncDisposable {
  deps: AdminDeps;
  /** The time that it sees; a millisecond passes with each call. */
  clock: { now: number };
  /** Of an admin; taken for calls that name none. */
  adminToken: string;
  /** Hosts that plugins may be fetched from though they are on this machine. */
  allowedHosts: string[];
  /** Each queue and, as `<name>-letters`, its dead letters. */
  queues: TestQueues<QueueName | (typeof LETTERS)[number]>;
  /** What plugins keep, say and measure lies here. */
  stateTable: TestTable;
  bucket: TestBucket;
  lines: RequestLine[];
  faults: unknown[];
  call(call: Call): Promise<Reply>;
  /** Makes a token for projects. */
  tokenFor(scope: ApiScope, projects: number[] | 'all'): Promise<string>;
  /** Installs a plugin, gives its id. */
  installPlugin(manifest: object, code?: string): Promise<number>;
  /** All that is in the table, but for the log of who asked for what, and all that is in the bucket. */
  stored(): Promise<{ items: Record<string, unknown>[]; objects: Record<string, string> }>;
  /** Sends a file in one part, gives what names it. */
  upload(content: Uint8Array, token?: string): Promise<{ id: string; parts: number; sha256: string }>;
}

export async function startAdmin(overrides: Partial<AdminDeps> = {}): Promise<AdminUnderTest> {
  const table = await startTestTable();
  const bucket = await startTestBucket();
  const stateTable = await startTestTable();
  const queues = await startTestQueues([...QUEUES, ...LETTERS]);
  const clock = { now: Date.parse('2026-03-02T08:00:00Z') };
  const now = () => clock.now;
  const base = { ...table, ...bucket, now, randomBytes, newId: randomUUID };
  const readSecret = async () => JSON.stringify({ current: 'k1', k1: 'x'.repeat(43) });
  const secrets = createSecrets({ keys: createDataKeys({ readSecret, clock: now }), randomBytes });
  const tokens = createApiTokens(base);
  const { token: adminToken } = await tokens.create({ name: 'test', scopes: ['admin'], projects: 'all' });
  const allowedHosts: string[] = [];
  const inState = { dynamodb: stateTable.dynamodb, table: stateTable.table, now };
  const sendTo =
    (name: QueueName) =>
    async <Message extends QueueMessage>(messages: Message[]): Promise<Message[]> =>
      (await sendMessages({ sqs: queues.sqs, sleep }, queues.urls[name], messages)).map(({ message }) => message);
  const deadLetters = (name: QueueName) => ({
    letters: walkQueue({
      sqs: queues.sqs,
      queueUrl: queues.urls[`${name}-letters`],
      clock: () => performance.now(),
    }),
    sendBack: sendTo(name),
  });
  const lines: RequestLine[] = [];
  const faults: unknown[] = [];
  const deps: AdminDeps = {
    now,
    log: (line) => void lines.push(line),
    onFault: (error) => void faults.push(error),
    tokens,
    requests: createTokenBuckets({ burst: 100_000, perSecond: 1, now }),
    failures: createTokenBuckets({ burst: 100_000, perSecond: 1, now }),
    auditLog: createAuditLog(base),
    projects: createProjectStore({ ...base, secrets }),
    plugins: createPluginStore({ ...base, secrets }),
    pluginConfigs: createPluginConfigStore({ ...base, secrets }),
    sources: createPluginSources({ sites: PUBLIC_SITES, allowedHosts, now: Date.now, sleep, warn: () => {} }),
    sourceTokens: createSourceTokens({ ...base, secrets }),
    tryLoad: createTestTrial(),
    uploads: createUploads(base),
    newUploadId: () => randomBytes(16).toString('hex'),
    jobs: createJobsStore({
      send: sendTo('tasks'),
      later: createLaterJobs({ ...inState, sleep }),
      putObject: (key, content) => putObject(bucket.s3, bucket.bucket, key, content),
      now,
    }),
    pluginLogs: createPluginLogReader(inState),
    pluginMetrics: createPluginMetricsReader(inState),
    deadLetters: {
      events: deadLetters('events'),
      ingestion: deadLetters('ingestion'),
      deliveries: deadLetters('deliveries'),
      tasks: deadLetters('tasks'),
    },
    sendEvents: sendTo('events'),
    newId: randomUUID,
    sleep: (milliseconds) => sleep(milliseconds),
    ...overrides,
  };
  const handler = createAdmin(deps);

  const call: AdminUnderTest['call'] = async ({ method = 'GET', path, body, token = adminToken, headers, ip }) => {
    clock.now += 1;
    const isBytes = body instanceof Uint8Array;
    const [rawPath = '', rawQueryString = ''] = path.split('?');
    const event = {
      version: '2.0',
      rawPath,
      rawQueryString,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
        ...headers,
      },
      requestContext: {
        domainName: 'x.lambda-url',
        requestId: randomUUID(),
        http: { method, path: rawPath, sourceIp: ip ?? '203.0.113.7' },
      },
      ...(body === undefined
        ? {}
        : { body: isBytes ? Buffer.from(body).toString('base64') : textOf(body), isBase64Encoded: isBytes }),
    };
    const answer = (await handler(event as never, {} as Context)) as {
      statusCode: number;
      headers: Record<string, string>;
      body: string;
    };
    const reply = {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      body: answer.body === '' ? null : (JSON.parse(answer.body) as unknown),
    };
    checkAnswer(method, rawPath, reply);
    return reply;
  };

  return {
    deps,
    allowedHosts,
    queues,
    stateTable,
    bucket,
    clock,
    adminToken,
    lines,
    faults,
    call,
    tokenFor: async (scope, projects) => (await tokens.create({ name: scope, scopes: [scope], projects })).token,
    async installPlugin(manifest, code = 'exports.processEvent = (event) => event;') {
      const files = new Map([
        ['plugin.json', JSON.stringify(manifest)],
        ['index.js', code],
      ]);
      const built = await buildPlugin(files);
      const source = { kind: 'upload', url: null };
      const { id } = await deps.plugins.create({
        built,
        source,
        marker: null,
        archive: packFiles(asBytes(files)),
        installedBy: null,
      });
      return id;
    },
    async stored() {
      const { Items = [] } = await table.dynamodb.send(new ScanCommand({ TableName: table.table }));
      const lying = createObjectBucket(bucket.s3, bucket.bucket);
      const objects: Record<string, string> = {};
      for await (const { key } of lying.list('')) objects[key] = (await lying.get(key)) ?? '';
      return { items: Items.filter(({ pk }) => !['audit-log', 'api-token'].includes(String(pk))), objects };
    },
    async upload(content, token) {
      const as = token === undefined ? {} : { token };
      const { body } = await call({ method: 'POST', path: '/api/uploads/', ...as });
      const size = body.part_bytes as number;
      const parts = Math.max(1, Math.ceil(content.length / size));
      for (let part = 0; part < parts; part++) {
        const path = `/api/uploads/${body.id}/parts/${part}/`;
        const sent = await call({ method: 'PUT', path, body: content.subarray(part * size, (part + 1) * size), ...as });
        if (sent.status !== 204) throw new Error(`The part was refused: ${sent.text}`);
      }
      return { id: body.id, parts, sha256: createHash('sha256').update(content).digest('hex') };
    },
    async [Symbol.asyncDispose]() {
      await queues[Symbol.asyncDispose]();
      await stateTable[Symbol.asyncDispose]();
      await bucket[Symbol.asyncDispose]();
      await table[Symbol.asyncDispose]();
    },
  };
}

/** As in the function, with the plugin host's child run from source. */
function createTestTrial() {
  const root = join(import.meta.dirname, '../../..');
  const librariesFolder = bundledLibrariesFolder();
  const readablePaths = [join(root, 'shared'), join(root, 'package.json'), librariesFolder];
  return createTryLoad(
    hostOptions(
      {
        hookTimeoutSeconds: 2,
        strikes: 1,
        heapMegabytes: 96,
        allowPrivateNetworks: false,
        format: 'packed',
        compression: { algorithm: 'none' },
      },
      { entry: join(root, 'shared/sandbox/main.ts'), readablePaths, librariesFolder },
      async () => null,
      () => performance.now(),
    ),
  );
}

function asBytes(files: ReadonlyMap<string, string>): Map<string, Uint8Array> {
  return new Map([...files].map(([path, text]) => [path, Buffer.from(text)]));
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** Holds every answer of every test to what the OpenAPI document says. */
function checkAnswer(method: string, path: string, { status, body, headers }: Reply): void {
  for (const name of ['x-request-id', 'x-content-type-options', 'cache-control', 'strict-transport-security'])
    if (headers[name] === undefined) throw new Error(`${method} ${path} was answered without ${name}`);
  if (status >= 400) {
    PROBLEM_SCHEMA.parse(body);
    if (headers['content-type'] !== 'application/problem+json')
      throw new Error(`A problem is ${headers['content-type']}`);
    return;
  }
  const route = ROUTES.find((each) => each.method === method.toLowerCase() && patternOf(each.path).test(path));
  if (route === undefined) throw new Error(`${method} ${path} was answered with ${status}, but is in no table`);
  if (route.answer.status !== status) throw new Error(`${method} ${path} was answered with ${status}`);
  if (route.answer.schema === undefined) {
    if (body !== null) throw new Error(`${method} ${path} was answered with a body`);
  } else route.answer.schema.parse(body);
  if (route.versioned === true && status !== 204 && headers['etag'] === undefined)
    throw new Error(`${method} ${path} was answered without an ETag`);
}

/** Those without parameters come first in the table, so the first that fits is the one. */
export function patternOf(path: string): RegExp {
  return new RegExp(
    `^${path
      .replaceAll('.', '\\.')
      .replaceAll(/\{\w+\}/g, '[^/]+')
      .replace(/\/$/, '')}/?$`,
  );
}
