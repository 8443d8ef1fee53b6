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
import type { LocalFunction } from './lambda/local-function.ts';
import { prepareBootstrap } from './lambda/prepare-bootstrap.ts';
import { startKeeper } from './lambda/start-keeper.ts';
import type { Endpoints } from './resources/resource-type.ts';
import { secretOperations } from './secrets-manager/secret-operations.ts';
import { createSecretStore } from './secrets-manager/secret-store.ts';
import { startJsonServer } from './servers/json-server.ts';
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
  /** Told of trouble that no request sees, such as a malformed batch response. Written to stderr unless given. */
  onProblem?: (problem: string) => void;
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

  try {
    const logs = await createFunctionLogs(directory('logs'));
    undo.push(() => logs.close());
    const metrics = createMetrics();
    logs.subscribe(({ line }) => metrics.readLine(line));
    if (options.onLogLine !== undefined) logs.subscribe(options.onLogLine);

    const queuesAndBuckets = await startQueueAndBucketServer({
      region: REGION,
      clock,
      ...dataIn(directory('queues')),
    });
    undo.push(() => queuesAndBuckets.stop());
    const tables = await startTableServer(dataIn(directory('tables')));
    undo.push(() => tables.stop());
    const secrets = createSecretStore(clock.now, directory('secrets'));
    const secretServer = await startJsonServer(secretOperations(secrets));
    undo.push(() => secretServer.stop());
    const common = { region: REGION, credentials: CREDENTIALS };
    const sqs = new SQSClient({ ...common, endpoint: queuesAndBuckets.url, md5: false });
    const s3 = new S3Client({ ...common, endpoint: queuesAndBuckets.url, forcePathStyle: true });
    const dynamodb = new DynamoDBClient({ ...common, endpoint: tables.url });
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
      ...(options.stateDirectory === undefined
        ? {}
        : { executionsDirectory: join(options.stateDirectory, 'executions') }),
      onProblem,
    });
    undo.push(() => withinGrace(orchestration.stop()));
    const endpoints: Endpoints = {
      sqs: queuesAndBuckets.url,
      s3: queuesAndBuckets.url,
      dynamodb: tables.url,
      eventbridge: orchestration.url,
      sfn: orchestration.url,
      secretsmanager: secretServer.url,
    };

    const whenComplete: (() => () => Promise<void>)[] = [];
    const outputs = await createResources(template, {
      stackName,
      region: REGION,
      accountId: ACCOUNT_ID,
      endpoints,
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
      functionSurroundings: { keeper, bootstrapPath: await prepareBootstrap(runDirectory), now: clock.now },
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
