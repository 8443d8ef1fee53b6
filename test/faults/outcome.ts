import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import { eventsIn } from '../support/flow-stack.ts';
import { readObjects } from './objects.ts';
import type { World } from './world.ts';

/** What came of a run. */
export interface Outcome {
  /** What is in the ingestion queue. */
  ingested: PluginEvent[];
  /** Messages among the dead letters, by the short name of their queue. */
  deadLetters: Record<'events' | 'deliveries' | 'tasks', Message[]>;
  /** What has not come to its end, in words. */
  unfinished: string[];
  /** Lines of the functions that are JSON; some may still come. */
  lines(): Record<string, unknown>[];
  /** Items of the state table. */
  state: Record<string, unknown>[];
  /** Large values, payloads of jobs and exports in the assets bucket: how each begins, by key. */
  objects: ReadonlyMap<string, string>;
  /** Bodies that the sink has taken, by path. */
  received: ReadonlyMap<string, unknown[]>;
  /** How much of a function's work had to be done again: invocations that have not ended well, and messages that they have given back. */
  repeats(functionName: string): number;
}

const WORK_QUEUES = ['EventsQueueUrl', 'DeliveriesQueueUrl', 'TasksQueueUrl'];

/** Looks at everything that a run has left, and takes it out of the queues. @param firstLine of the run, among the world's lines */
export async function readOutcome(world: World, firstLine: number): Promise<Outcome> {
  const { aws, output, sink, conductor, stack } = world;
  const steps = conductor.steps();
  const lines = () =>
    world.lines
      .slice(firstLine)
      .filter((line) => /^\{.*\}$/.test(line))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const { Items = [] } = await aws.dynamodb.send(new ScanCommand({ TableName: output('StateTableName') }));
  return {
    ingested: eventsIn(await takeAll(world, 'IngestionQueueUrl')),
    deadLetters: {
      events: await takeAll(world, 'EventsDeadLetterQueueUrl'),
      deliveries: await takeAll(world, 'DeliveriesDeadLetterQueueUrl'),
      tasks: await takeAll(world, 'TasksDeadLetterQueueUrl'),
    },
    unfinished: [
      ...(await messagesLeft(world)),
      ...(await executionsLeft(world)),
      ...stack.functions
        .filter((each) => each.environments().some(({ state }) => state !== 'idle'))
        .map(({ name }) => `${name} is still running`),
    ],
    lines,
    state: Items,
    objects: await readObjects(world),
    received: sink.received,
    repeats(functionName) {
      const count = (operation: string) =>
        steps.filter((step) => step.functionName === functionName && step.operation === operation).length;
      // An answer that was made, and that nobody has heard.
      const struck = conductor.struck()?.step;
      const unheard = Number(struck?.functionName === functionName && struck.operation === 'response');
      const givenBack = lines()
        .filter((line) => line['function'] === functionName)
        .reduce((sum, line) => sum + Number(line['MessagesFailed'] ?? 0), 0);
      return count('invocation') - count('response') + unheard + givenBack;
    },
  };
}

async function takeAll({ aws, output }: World, queue: string): Promise<Message[]> {
  const QueueUrl = output(queue);
  const all: Message[] = [];
  for (;;) {
    const { Messages = [] } = await aws.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
    );
    if (Messages.length === 0) return all;
    all.push(...Messages);
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await aws.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}

async function messagesLeft({ aws, output }: World): Promise<string[]> {
  const counts = await Promise.all(
    WORK_QUEUES.map(async (queue) => {
      const { Attributes = {} } = await aws.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: output(queue), AttributeNames: ['All'] }),
      );
      return ['', 'NotVisible', 'Delayed'].reduce(
        (sum, kind) => sum + Number((Attributes as Record<string, string>)[`ApproximateNumberOfMessages${kind}`] ?? 0),
        0,
      );
    }),
  );
  return WORK_QUEUES.flatMap((queue, index) =>
    counts[index] === 0 ? [] : [`${queue.replace('QueueUrl', '')} still has ${counts[index]} messages`],
  );
}

async function executionsLeft({ sfn, output }: World): Promise<string[]> {
  const { executions = [] } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: output('ExportRetryStateMachineArn'), statusFilter: 'RUNNING' }),
  );
  return executions.map(({ name }) => `the execution ${name} is still running`);
}
