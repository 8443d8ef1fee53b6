import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { lifecycleLine } from './lifecycle-line.ts';
import { takeLock } from './lock.ts';
import { readStartFlags } from './read-start-flags.ts';
import type { LocalStack } from './start-local-stack.ts';
import { startLocalStack } from './start-local-stack.ts';

export interface KeepUpOptions {
  /** The command line after the script's name. */
  args: readonly string[];
  /** Keeps state and logs from run to run, the lock, and `stack.json`, which says where the running stack is. */
  stateDirectory: string;
  /** Writes the cloud assembly. */
  synthesise(outputDirectory: string): Promise<void>;
  /** Puts something to begin with into a stack that is empty. Gives what people should read, if there is anything. */
  prepare(stack: LocalStack): Promise<string | void>;
  /** Resolves when the stack is to be stopped. */
  interrupted: Promise<void>;
  print(text: string): void;
}

/** What `--fresh` takes away. */
const KEPT = ['secrets', 'queues', 'tables', 'executions', 'schedules', 'logs'];

/**
 * Starts the stack, says where it is, and stops it when it is interrupted.
 *
 * @throws LockedError when a stack with this state runs already
 */
export async function keepUp({
  args,
  stateDirectory,
  synthesise,
  prepare,
  interrupted,
  print,
}: KeepUpOptions): Promise<void> {
  const flags = readStartFlags(args);
  const progress = (line: string) => (flags.json ? undefined : print(line));
  const inState = (name: string) => join(stateDirectory, name);

  await mkdir(stateDirectory, { recursive: true });
  const giveBackLock = await takeLock(inState('lock'));
  try {
    // The assembly is written anew in any case.
    for (const name of ['assembly', ...(flags.fresh ? KEPT : [])]) {
      await rm(inState(name), { recursive: true, force: true });
    }
    progress('Synthesising the CDK app …');
    await synthesise(inState('assembly'));
    const stack = await startLocalStack({ assemblyDirectory: inState('assembly'), stateDirectory });
    const note = await prepare(stack);
    const { endpoints, outputs, credentials, region } = stack;
    const where = { region, endpoints, credentials, outputs };
    await writeFile(inState('stack.json'), JSON.stringify(where, null, 2));
    print(flags.json ? JSON.stringify(where) : description(stack, stateDirectory));
    stack.onBusEvent((_, event) => event.source === 'hoglet' && progress(lifecycleLine(event)));
    if (note !== undefined) progress(note);

    await interrupted;
    progress('Stopping …');
    await rm(inState('stack.json'), { force: true });
    await stack.stop();
    progress('Stopped. The next `npm start` goes on from here; `npm start -- --fresh` begins anew.');
  } finally {
    await giveBackLock();
  }
}

function description({ endpoints, outputs, functions, region }: LocalStack, stateDirectory: string): string {
  const logFile = (name: string) => relative(process.cwd(), join(stateDirectory, 'logs', `${name}.log`));
  const rows: [label: string, value: string][] = [
    ['SQS', endpoints.sqs],
    ['S3', endpoints.s3],
    ['DynamoDB', endpoints.dynamodb],
    ['EventBridge', endpoints.eventbridge],
    ['Step Functions', endpoints.sfn],
    ['Secrets Manager', endpoints.secretsmanager],
    ...Object.entries(outputs),
    ...functions.map(({ name }): [string, string] => ['Log', logFile(name)]),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    '',
    `The local stack is up. It takes any credentials, in the region ${region}.`,
    '',
    ...rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`),
    '',
    'Send an event, from another terminal:',
    '',
    `  node local/send-event.js '{"team_id":1,"event":"hello","distinct_id":"me","properties":{"from":"here"}}'`,
    '',
    'and see what came out of the plugins:',
    '',
    '  node local/receive-events.js',
    '',
    `Ctrl-C stops it; what is in queues, tables and buckets stays in ${relative(process.cwd(), stateDirectory)}/.`,
    '',
  ].join('\n');
}
