import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SFNClient } from '@aws-sdk/client-sfn';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { LocalStack } from '../../local/start-local-stack.ts';
import { startLocalStack } from '../../local/start-local-stack.ts';
import type { TestClock } from '../../local/time/test-clock.ts';
import { createTestClock } from '../../local/time/test-clock.ts';
import { temporaryDirectory } from '../support/local-stack.ts';
import type { FixtureAssembly } from './fixture-assembly.ts';
import { writeAssembly } from './fixture-assembly.ts';
import { until } from './processes.ts';

export interface ClockedStack extends AsyncDisposable {
  clock: TestClock;
  /** The stack that runs now. */
  stack(): LocalStack;
  sqs(): SQSClient;
  sfn(): SFNClient;
  eventbridge(): EventBridgeClient;
  problems: string[];
  /** What functions have written to stdout as lines of JSON. */
  reports: Record<string, unknown>[];
  /** How many state transitions there were. */
  transitions(): number;
  /** Waits until so many lines have come: they take another way than answers. */
  reported(count: number): Promise<void>;
  /** Stops the stack and starts it anew with the same state, as long as given after. */
  restart(afterMilliseconds?: number): Promise<void>;
  /** Takes what is in a queue out of it: bodies of at most ten messages. */
  receive(queueUrl?: string): Promise<string[]>;
}

/** A day at whose first minute the clocks of these tests begin: a Monday. */
export const MONDAY = Date.parse('2026-03-02T00:00:00Z');

/** Starts resources of a test's own on a clock that leaps. State is kept for `restart`. */
export async function clockedStack(fixture: FixtureAssembly): Promise<ClockedStack> {
  const directory = await temporaryDirectory();
  const assemblyDirectory = await writeAssembly(`${directory.path}/out`, fixture);
  const clock = createTestClock({ startAt: MONDAY, patienceMilliseconds: 20_000 });
  const problems: string[] = [];
  const reports: Record<string, unknown>[] = [];
  let transitions = 0;
  const start = () =>
    startLocalStack({
      assemblyDirectory,
      stateDirectory: `${directory.path}/state`,
      clock,
      onLogLine: ({ line }) => void (/^\{.*\}$/.test(line) && reports.push(JSON.parse(line))),
      onProblem: (problem) => void problems.push(problem),
      onTransition: () => void transitions++,
    });

  let stack = await start();
  const common = () => ({ region: stack.region, credentials: stack.credentials, maxAttempts: 1 });
  const sqs = () => new SQSClient({ ...common(), endpoint: stack.endpoints.sqs });
  return {
    clock,
    stack: () => stack,
    sqs,
    sfn: () => new SFNClient({ ...common(), endpoint: stack.endpoints.sfn }),
    eventbridge: () => new EventBridgeClient({ ...common(), endpoint: stack.endpoints.eventbridge }),
    problems,
    reports,
    transitions: () => transitions,
    reported: (count) => until(`${count} reports, not ${reports.length}`, () => reports.length >= count),
    async restart(afterMilliseconds = 0) {
      await stack.stop();
      await clock.advance(afterMilliseconds);
      stack = await start();
    },
    async receive(queueUrl) {
      const { Messages = [] } = await sqs().send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
      );
      return Messages.map(({ Body = '' }) => Body);
    },
    async [Symbol.asyncDispose]() {
      await stack.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Reports its event, when it was called, and how long it has, then does what is given. */
export function reporting(source = ''): string {
  return `export const handler = async (event, context) => {
    const secondsLeft = Math.round(context.getRemainingTimeInMillis() / 1000);
    process.stdout.write(JSON.stringify({ event, at: Date.now(), secondsLeft }) + '\\n');
    ${source}
  };`;
}
