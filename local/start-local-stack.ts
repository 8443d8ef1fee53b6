import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { LogListener } from './cloudwatch/function-logs.ts';
import { createFunctionLogs } from './cloudwatch/function-logs.ts';
import type { Metrics } from './cloudwatch/metrics.ts';
import { createMetrics } from './cloudwatch/metrics.ts';
import { createResources } from './create-resources.ts';
import type { BusListener } from './events/event-buses.ts';
import { createRuleAnchors } from './events/rule-anchors.ts';
import { createFunctionUrls } from './function-urls/function-urls.ts';
import { createKeptPorts } from './function-urls/kept-ports.ts';
import { CREDENTIALS } from './lambda/function-variables.ts';
import type { InvocationReport, LocalFunction } from './lambda/local-function.ts';
import { prepareBootstrap } from './lambda/prepare-bootstrap.ts';
import type { StandBetween } from './lambda/runtime-process.ts';
import { startKeeper } from './lambda/start-keeper.ts';
import type { Endpoints } from './resources/resource-type.ts';
import { secretOperations } from './secrets-manager/secret-operations.ts';
import { createSecretStore } from './secrets-manager/secret-store.ts';
import { startJsonServer } from './servers/json-server.ts';
import type { EmbeddedServer, QueuedMessage } from './servers/queue-and-bucket-server.ts';
import { ACCOUNT_ID, startQueueAndBucketServer } from './servers/queue-and-bucket-server.ts';
import { startTableServer } from './servers/table-server.ts';
import { startOrchestration } from './start-orchestration.ts';
import { readAssembly } from './template/read-assembly.ts';
import type { Clock } from './time/clock.ts';
import { machineClock } from './time/clock.ts';
import { tellFunctionsTime } from './time/tell-functions-time.ts';

export interface LocalStackOptions {
  /** Where the CDK app was synthesised to. Functions run from here: it must stay until the stack is stopped. */
  assemblyDirectory: string;
  /** Keeps queues, tables, buckets and logs from run to run; all is in memory when it is not given. */
  stateDirectory?: string;
  /** Where schedules, waits, retries, delays and functions have their time from; this machine unless given. */
  clock?: Clock;
  onLogLine?: LogListener;
  /** Told of every message as it enters a queue; it takes none out. */
  onMessage?: (message: QueuedMessage) => void;
  /** The port of function URLs; that of the last run, or a free one, unless given. */
  functionUrlPort?: number;
  /** Servers that functions are told of instead of the stack's own, for tests in which one fails. */
  functionEndpoints?: Partial<Endpoints>;
  /** Told of trouble that no request sees, such as a malformed batch response. Written to stderr unless given. */
  onProblem?: (problem: string) => void;
  /** Puts a server before each of the stack's own, to which functions and event source mappings then talk. For stacks in memory: queues of the last run are asked past it. */
  inFront?: (server: EmbeddedServer) => Promise<EmbeddedServer>;
  /** Told of every invocation as Lambda's REPORT lines tell of it. */
  onReport?: (report: InvocationReport) => void;
  /** Told of every state transition of state machines, retries included, as they are paid for. */
  onTransition?: () => void;
  /** For tests of what becomes of functions whose requests fail. */
  standBetween?: StandBetween;
}

export interface LocalStack {
  region: string;
  endpoints: Endpoints;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  /** The template's outputs. */
  outputs: Record<string, string>;
  functions: LocalFunction[];
  metrics: Metrics;
  /** Gives a function that ends the subscription. */
  onLogLine(listener: LogListener): () => void;
  /** Shows every event that is put on a bus. Gives a function that ends the subscription. */
  onBusEvent(listener: BusListener): () => void;
  /** Ends every process and server. Invocations under way get a few seconds to finish. */
  stop(): Promise<void>;
}

const REGION = 'us-east-1';
const GRACE_MILLISECONDS = 5_000;

/**
 * Creates on this machine what the synthesised template describes, on servers that listen on 127.0.0.1 only.
 *
 * @throws one error that names every resource, type and property of the template that cannot be honoured
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { stackName, template, assetPaths } = await readAssembly(options.assemblyDirectory);
  const clock = options.clock ?? machineClock;
  const onProblem = options.onProblem ?? ((problem: string) => console.error(problem));
  const directory = (name: string) =>
    options.stateDirectory === undefined ? undefined : join(options.stateDirectory, name);
  // Undone in reverse order, whether the start fails or the stack is stopped.
  const undo: (() => Promise<void>)[] = [];

  async function stop(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
      // One that fails must not keep the others from ending their processes.
      await step().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0)
      throw new AggregateError(errors, `The local stack did not stop cleanly: ${errors.join('; ')}`);
  }

  async function inFrontOf(server: EmbeddedServer): Promise<string> {
    const front = (await options.inFront?.(server)) ?? server;
    if (front !== server) undo.push(() => front.stop());
    return front.url;
  }

  try {
    const logs = await createFunctionLogs(directory('logs'));
    undo.push(() => logs.close());
    const metrics = createMetrics();
    logs.subscribe(({ line }) => metrics.readLine(line));
    if (options.onLogLine !== undefined) logs.subscribe(options.onLogLine);

    const queuesAndBuckets = await startQueueAndBucketServer({
      region: REGION,
      clock,
      ...(options.onMessage === undefined ? {} : { onMessage: options.onMessage }),
      ...dataIn(directory('queues')),
    });
    undo.push(() => queuesAndBuckets.stop());
    const queuesAndBucketsUrl = await inFrontOf(queuesAndBuckets);
    const tables = await startTableServer(dataIn(directory('tables')));
    undo.push(() => tables.stop());
    const tablesUrl = await inFrontOf(tables);
    const secrets = createSecretStore(clock.now, directory('secrets'));
    const secretServer = await startJsonServer(secretOperations(secrets));
    undo.push(() => secretServer.stop());
    const secretsUrl = await inFrontOf(secretServer);
    const common = { region: REGION, credentials: CREDENTIALS };
    const sqs = new SQSClient({ ...common, endpoint: queuesAndBucketsUrl, md5: false });
    const s3 = new S3Client({ ...common, endpoint: queuesAndBucketsUrl, forcePathStyle: true });
    const dynamodb = new DynamoDBClient({ ...common, endpoint: tablesUrl });
    undo.push(async () => [sqs, s3, dynamodb].forEach((client) => client.destroy()));

    const runDirectory = await mkdtemp(join(tmpdir(), 'hoglet-run-'));
    const keeper = startKeeper({ runDirectory, onLost: (error) => onProblem(error.message) });
    undo.push(() => keeper.stop());
    const functionsTime = await tellFunctionsTime(clock, runDirectory);
    undo.push(() => functionsTime.stop());
    const functions = new Map<string, LocalFunction>();
    undo.push(async () => void (await Promise.all([...functions.values()].map((each) => each.stop()))));
    const functionUrls = createFunctionUrls({
      ports: createKeptPorts(directory('ports.json')),
      ...(options.functionUrlPort === undefined ? {} : { wantedPort: options.functionUrlPort }),
      now: clock.now,
      onProblem,
    });
    undo.push(() => functionUrls.stop());
    const orchestration = await startOrchestration({
      clock,
      region: REGION,
      accountId: ACCOUNT_ID,
      sqs,
      functions,
      writeToLogGroup: logs.append,
      ...(options.stateDirectory === undefined
        ? {}
        : { executionsDirectory: join(options.stateDirectory, 'executions') }),
      onProblem,
      onTransition: options.onTransition ?? (() => {}),
    });
    undo.push(() => withinGrace(orchestration.stop()));
    const orchestrationUrl = await inFrontOf(orchestration);
    const endpoints: Endpoints = {
      sqs: queuesAndBucketsUrl,
      s3: queuesAndBucketsUrl,
      dynamodb: tablesUrl,
      eventbridge: orchestrationUrl,
      sfn: orchestrationUrl,
      secretsmanager: secretsUrl,
    };

    const whenComplete: (() => () => Promise<void>)[] = [];
    const outputs = await createResources(template, {
      stackName,
      region: REGION,
      accountId: ACCOUNT_ID,
      endpoints: { ...endpoints, ...options.functionEndpoints },
      sqs,
      s3,
      dynamodb,
      assetPaths,
      clock,
      queueState: queuesAndBuckets.queueState,
      ...orchestration.parts,
      functionUrls,
      secrets,
      ruleAnchors: createRuleAnchors(directory('schedules')),
      functions,
      functionSurroundings: {
        keeper,
        bootstrapPath: await prepareBootstrap(runDirectory),
        now: clock.now,
        ...(options.onReport === undefined ? {} : { onReport: options.onReport }),
        ...(options.standBetween === undefined ? {} : { standBetween: options.standBetween }),
      },
      surroundingVariables: functionsTime.variables,
      onFunctionLine: (functionName, line) => logs.write({ functionName, line }),
      onProblem,
      whenComplete: (start) => void whenComplete.push(start),
    });
    const started = whenComplete.map((start) => start());
    orchestration.begin();
    undo.push(() => withinGrace(Promise.all(started.map((end) => end()))));

    return {
      region: REGION,
      endpoints,
      credentials: { ...CREDENTIALS },
      outputs,
      functions: [...functions.values()],
      metrics,
      onLogLine: logs.subscribe,
      onBusEvent: orchestration.parts.eventBuses.subscribe,
      stop,
    };
  } catch (error) {
    await stop().catch((more: unknown) => onProblem(String(more)));
    throw error;
  }
}

/** Waits, but not longer than those who stop the stack should have to; then functions are killed. */
async function withinGrace(ending: Promise<unknown>): Promise<void> {
  await Promise.race([ending, sleep(GRACE_MILLISECONDS, undefined, { ref: false })]);
}

function dataIn(dataDirectory: string | undefined): { dataDirectory?: string } {
  return dataDirectory === undefined ? {} : { dataDirectory };
}
