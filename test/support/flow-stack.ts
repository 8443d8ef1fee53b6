import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import type { Metrics } from '../../local/cloudwatch/metrics.ts';
import { drainQueue } from '../../local/demo/drain-queue.ts';
import type { BusEvent } from '../../local/events/event-buses.ts';
import type { LocalFunction } from '../../local/lambda/local-function.ts';
import type { LocalStack } from '../../local/start-local-stack.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { groupMessages } from '../../shared/aws/group-messages.ts';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../shared/event/read-message.ts';
import { createRegistryReader, type RegistryReader } from '../../shared/registry/registry-reader.ts';
import { createRegistryWriter, type RegistryWriter } from '../../shared/registry/registry-writer.ts';
import { startTestStack, type TestStackOptions } from './local-stack.ts';

/**
 * Small numbers, so that a flow takes seconds: no batching window, at most ten messages in a batch, a hook that hangs
 * is found out after a second. Function timeout = 1 × (1 + 2) + 10 = 13 s, visibility timeout = 6 × 13 = 78 s.
 */
const FLOW_CONTEXT = {
  allowPrivateNetworks: false,
  'processEvents.batchSize': 10,
  'processEvents.windowSeconds': 0,
  'processEvents.maxConcurrency': 2,
  'processEvents.hookTimeoutSeconds': 1,
  'processEvents.strikes': 2,
  'processEvents.overheadSeconds': 10,
  'deliverEvents.windowSeconds': 0,
  'deliverEvents.maxConcurrency': 2,
  'deliverEvents.hookTimeoutSeconds': 3,
  'deliverEvents.strikes': 2,
  'deliverEvents.overheadSeconds': 10,
};

const SETTLE_SECONDS = 25;

/** What came of some messages, once nothing of them is on its way any more. */
export interface Outcome {
  /** Ids of the messages as the events queue gave them, in the order of the bodies. */
  messageIds: string[];
  /** Messages of the ingestion queue. */
  messages: Message[];
  /** The events in them. */
  events: PluginEvent[];
  /** Messages of the dead letters of events. */
  deadLetters: Message[];
}

/** The project's own stack with everything that a flow test holds in its hands. */
export interface FlowStack extends AsyncDisposable {
  sqs: SQSClient;
  outputs: Record<string, string>;
  /** Where the stack's servers are, for clients of a test's own. */
  place: Pick<LocalStack, 'region' | 'credentials' | 'endpoints'>;
  processEvents: LocalFunction;
  deliverEvents: LocalFunction;
  registry: RegistryWriter & RegistryReader;
  /** What functions report as metrics. */
  metrics: Metrics;
  /** Every event that was put on a bus, as it comes. */
  busEvents: BusEvent[];
  /** Every line of the functions, as it comes. */
  logLines: string[];
  /** Everything that has arrived on the ingestion queue and among the dead letters of events, as it comes. */
  arrived: { messages: Message[]; deadLetters: Message[] };
  /** Sends bodies to the events queue, gives the messages' ids. @throws when the queue refuses one. */
  send(bodies: string[]): Promise<string[]>;
  /** Takes all messages out of a queue, by the name of its output. */
  receiveAll(output: string): Promise<Message[]>;
  /** Sends messages to a queue, by the name of its output, as a redrive of dead letters would. */
  sendAgain(output: string, messages: Message[]): Promise<void>;
  /** Waits until no queue has a message that is waiting or being worked on. */
  settled(seconds?: number): Promise<void>;
  /** Sends, waits until all has settled, and gives what came of it. */
  run(bodies: string[]): Promise<Outcome>;
  /** Makes what was not acknowledged come again sooner than the deployment would; of the events queue unless another is named. */
  setVisibilityTimeout(seconds: number, queueUrl?: string): Promise<void>;
}

/** Starts a stack; `context` goes on top of the small numbers. With `keepDeadLetters` nobody takes those of events out of their queue. */
export async function startFlowStack(
  context: Readonly<Record<string, unknown>> = {},
  {
    keepDeadLetters = false,
    ...options
  }: Pick<TestStackOptions, 'clock' | 'functionEndpoints' | 'standBetween'> & { keepDeadLetters?: boolean } = {},
): Promise<FlowStack> {
  const stack = await startTestStack({ ...options, context: { ...FLOW_CONTEXT, ...context }, onProblem: () => {} });
  const { sqs, dynamodb, s3, destroy } = createAwsClients(stack);
  const output = (name: string) => stack.outputs[name] as string;
  const table = output('RegistryTableName');
  const bucket = output('AssetsBucketName');
  const functionNamed = (part: string) => stack.functions.find(({ name }) => name.includes(part)) as LocalFunction;
  const queueUrls = ['EventsQueueUrl', 'IngestionQueueUrl', 'EventsDeadLetterQueueUrl', 'DeliveriesQueueUrl'].map(
    output,
  );
  const [eventsUrl, ingestionUrl, deadLettersUrl] = queueUrls as [string, string, string];

  const busEvents: BusEvent[] = [];
  stack.onBusEvent((_, event) => void busEvents.push(event));
  const logLines: string[] = [];
  stack.onLogLine(({ line }) => void logLines.push(line));
  const arrived = { messages: [] as Message[], deadLetters: [] as Message[] };
  const stopping = new AbortController();
  const collect = (queueUrl: string, into: Message[]) =>
    drainQueue({ sqs, queueUrl, signal: stopping.signal, take: (received) => void into.push(...received) });
  const collecting = [
    collect(ingestionUrl, arrived.messages),
    ...(keepDeadLetters ? [] : [collect(deadLettersUrl, arrived.deadLetters)]),
  ];
  const settlingUrls = queueUrls.filter((url) => !keepDeadLetters || url !== deadLettersUrl);

  const send: FlowStack['send'] = async (bodies) => {
    const ids: string[] = [];
    for (const group of groupMessages(bodies.map((body) => ({ body })))) {
      const entries = group.map(({ body }, index) => ({ Id: String(index), MessageBody: body }));
      const { Successful = [] } = await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: eventsUrl, Entries: entries }),
      );
      if (Successful.length < group.length) throw new Error('The events queue refused a message');
      const idByEntry = new Map(Successful.map(({ Id, MessageId }) => [Id, MessageId as string]));
      ids.push(...group.map((_, index) => idByEntry.get(String(index)) as string));
    }
    return ids;
  };

  const settled: FlowStack['settled'] = async (seconds = SETTLE_SECONDS) => {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const counts = await Promise.all(settlingUrls.map((queueUrl) => messagesIn(sqs, queueUrl)));
      if (counts.every((count) => count === 0)) return;
      if (Date.now() > deadline)
        throw new Error(`After ${seconds} s the queues still hold ${counts.join(', ')} messages`);
      await sleep(20);
    }
  };

  return {
    sqs,
    outputs: stack.outputs,
    place: stack,
    processEvents: functionNamed('ProcessEvents'),
    deliverEvents: functionNamed('DeliverEvents'),
    registry: {
      ...createRegistryWriter({ dynamodb, s3, table, bucket, now: Date.now }),
      ...createRegistryReader({ dynamodb, s3, table, bucket }),
    },
    metrics: stack.metrics,
    busEvents,
    logLines,
    arrived,
    async receiveAll(name) {
      const received: Message[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: output(name),
            MaxNumberOfMessages: 10,
            MessageAttributeNames: ['All'],
          }),
        );
        if (Messages.length === 0) return received;
        received.push(...Messages);
      }
    },
    async sendAgain(name, messages) {
      for (const { Body, MessageAttributes } of messages)
        await sqs.send(new SendMessageCommand({ QueueUrl: output(name), MessageBody: Body, MessageAttributes }));
    },
    send,
    settled,
    async run(bodies) {
      const before = { messages: arrived.messages.length, deadLetters: arrived.deadLetters.length };
      const messageIds = await send(bodies);
      await settled();
      const messages = arrived.messages.slice(before.messages);
      return {
        messageIds,
        messages,
        events: eventsIn(messages),
        deadLetters: arrived.deadLetters.slice(before.deadLetters),
      };
    },
    async setVisibilityTimeout(seconds, queueUrl = eventsUrl) {
      const Attributes = { VisibilityTimeout: String(seconds) };
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes }));
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.allSettled(collecting);
      destroy();
      await stack.stop();
    },
  };
}

/** The events in messages of the ingestion queue, whatever form it speaks. */
export function eventsIn(messages: Message[]): PluginEvent[] {
  return messages.flatMap(({ Body = '' }) => readMessage(Body, DEFAULT_MESSAGE_LIMITS) as PluginEvent[]);
}

/** A dead letter's attributes by name. */
export function storyOf({ MessageAttributes = {} }: Message): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]));
}

/** Waiting, or received and not deleted yet. */
async function messagesIn(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes['ApproximateNumberOfMessages']) + Number(Attributes['ApproximateNumberOfMessagesNotVisible'])
  );
}
