import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { functionVariables } from '../../../local/lambda/function-variables.ts';
import type { InvocationResult } from '../../../local/lambda/invocation.ts';
import type { InvocationReport, LocalFunction } from '../../../local/lambda/local-function.ts';
import { createLocalFunction } from '../../../local/lambda/local-function.ts';
import { prepareBootstrap } from '../../../local/lambda/prepare-bootstrap.ts';
import { startKeeper } from '../../../local/lambda/start-keeper.ts';

export interface FixtureFunction extends AsyncDisposable {
  fn: LocalFunction;
  lines: string[];
  reports: InvocationReport[];
  /** Invokes and gives the handler's result. */
  call(event?: unknown): Promise<unknown>;
  /** Invokes and gives the error's type and message. */
  callAndFail(event?: unknown): Promise<string>;
}

/** Runs a handler's source as a function, with no stack around it. */
export async function fixtureFunction(
  source: string,
  options: {
    initLimitMilliseconds?: number;
    timeoutSeconds?: number;
    memoryMegabytes?: number;
    variables?: Record<string, string>;
    handler?: string;
  } = {},
): Promise<FixtureFunction> {
  const { timeoutSeconds = 5, memoryMegabytes = 256, variables = {}, handler = 'index.handler' } = options;
  const taskRoot = await mkdtemp(join(tmpdir(), 'hoglet-test-'));
  await writeFile(join(taskRoot, 'index.mjs'), source);
  const keeper = startKeeper({ runDirectory: taskRoot, onLost: () => {} });
  const lines: string[] = [];
  const reports: InvocationReport[] = [];
  const identity = {
    name: 'fixture',
    region: 'us-east-1',
    memoryMegabytes,
    handler,
    runtime: 'nodejs24.x',
    taskRoot,
    logGroup: 'group',
    logStream: 'stream',
    endpoints: {
      sqs: 'http://sqs',
      s3: 'http://s3',
      dynamodb: 'http://dynamodb',
      eventbridge: 'http://events',
      sfn: 'http://states',
      secretsmanager: 'http://secrets',
    },
  };
  const fn = createLocalFunction({
    logicalId: 'Fixture',
    name: 'fixture',
    functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fixture',
    bootstrapPath: await prepareBootstrap(taskRoot),
    taskRoot,
    timeoutSeconds,
    ...(options.initLimitMilliseconds === undefined ? {} : { initLimitMilliseconds: options.initLimitMilliseconds }),
    memoryMegabytes,
    keeper,
    onLine: (line) => void lines.push(line),
    onReport: (report) => void reports.push(report),
    variables: functionVariables(identity, variables),
    now: Date.now,
  });
  const invoke = (event: unknown): Promise<InvocationResult> => fn.invoke(JSON.stringify(event));
  return {
    fn,
    lines,
    reports,
    async call(event = {}) {
      const result = await invoke(event);
      if ('error' in result) throw new Error(`${result.error.errorType}: ${result.error.errorMessage}`);
      return JSON.parse(result.payload);
    },
    async callAndFail(event = {}) {
      const result = await invoke(event);
      if ('payload' in result) throw new Error(`Expected a failure, got ${result.payload}`);
      return `${result.error.errorType}: ${result.error.errorMessage}`;
    },
    async [Symbol.asyncDispose]() {
      await fn.stop();
      await keeper.stop();
    },
  };
}
