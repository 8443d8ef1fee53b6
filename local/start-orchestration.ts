import type { SQSClient } from '@aws-sdk/client-sqs';
import type { InvokePermission } from './events/deliver-to-target.ts';
import { deliverToTarget } from './events/deliver-to-target.ts';
import type { EventBuses } from './events/event-buses.ts';
import { createEventBuses } from './events/event-buses.ts';
import { eventOperations } from './events/event-operations.ts';
import { sendToQueue } from './events/send-to-queue.ts';
import type { AsynchronousInvoker } from './lambda/invoke-asynchronously.ts';
import { createAsynchronousInvoker } from './lambda/invoke-asynchronously.ts';
import type { LocalFunction } from './lambda/local-function.ts';
import { startJsonServer } from './servers/json-server.ts';
import { runLambdaTask } from './step-functions/run-lambda-task.ts';
import type { StateMachines } from './step-functions/state-machines.ts';
import { createStateMachines } from './step-functions/state-machines.ts';
import { stateOperations } from './step-functions/state-operations.ts';
import type { Clock } from './time/clock.ts';

export interface OrchestrationOptions {
  clock: Clock;
  region: string;
  accountId: string;
  sqs: SQSClient;
  /** The stack's functions by name; may still grow. */
  functions: ReadonlyMap<string, LocalFunction>;
  writeToLogGroup(name: string, line: string): void;
  /** Keeps executions of state machines from run to run; in memory when it is not given. */
  executionsDirectory?: string;
  onProblem(problem: string): void;
  /** Told of every state transition, retries included. */
  onTransition(): void;
}

/** EventBridge, Step Functions and Lambda's asynchronous invocations: what makes functions run by and by. */
export interface Orchestration {
  /** Speaks the protocols of EventBridge and of Step Functions. */
  url: string;
  parts: {
    eventBuses: EventBuses;
    stateMachines: StateMachines;
    asynchronousInvoker: AsynchronousInvoker;
    permissions: InvokePermission[];
  };
  /** Starts schedules and goes on with executions, once all resources exist. */
  begin(): void;
  stop(): Promise<void>;
}

export async function startOrchestration(options: OrchestrationOptions): Promise<Orchestration> {
  const { clock, region, accountId, sqs, functions, writeToLogGroup, executionsDirectory, onProblem, onTransition } =
    options;
  const permissions: InvokePermission[] = [];
  const sendMessage = (queueArn: string, body: string, attributes: Record<string, string>) =>
    sendToQueue(sqs, queueArn, body, attributes);

  const asynchronousInvoker = createAsynchronousInvoker({ clock, sendMessage, onProblem });
  const eventBuses = createEventBuses({
    clock,
    region,
    accountId,
    deliver: (rule, target, event) =>
      deliverToTarget(
        { functions, permissions, asynchronousInvoker, sendMessage, writeToLogGroup, onProblem },
        rule,
        target,
        event,
      ),
    onProblem,
  });
  const stateMachines = createStateMachines({
    clock,
    region,
    accountId,
    ...(executionsDirectory === undefined ? {} : { directory: executionsDirectory }),
    runTask: (state, input) => runLambdaTask(state, input, functions),
    onProblem,
    onTransition,
  });
  const detach = clock.attach({
    underWay() {
      const busy = [...functions.values()].find((each) => each.environments().some(({ state }) => state !== 'idle'));
      return busy === undefined ? undefined : `the function ${busy.name} is running`;
    },
  });
  const server = await startJsonServer({ ...eventOperations(eventBuses), ...stateOperations(stateMachines) });

  return {
    url: server.url,
    parts: { eventBuses, stateMachines, asynchronousInvoker, permissions },
    begin() {
      eventBuses.start();
      stateMachines.resume();
    },
    async stop() {
      await server.stop();
      await stateMachines.stop();
      await Promise.all([eventBuses.stop(), asynchronousInvoker.stop()]);
      detach();
    },
  };
}
