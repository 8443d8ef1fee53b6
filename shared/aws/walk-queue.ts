import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { RawAttribute } from './group-messages.ts';
import { inParallel } from './in-parallel.ts';

/** A message that is hidden from everybody else for as long as the walk lasts. */
export interface HeldMessage {
  id: string;
  receiptHandle: string;
  body: string;
  attributes: Record<string, RawAttribute>;
  /** Whose message it is, where the queue was told. */
  group: string | undefined;
  /** When it was first sent, milliseconds since 1970: for a dead letter that SQS has moved, to the queue that it came from. */
  sentAt: number;
  /** How often it was received, this time and every other look at it included. */
  receiveCount: number;
}

export interface WalkOutcome {
  /** Messages that were looked at. */
  examined: number;
  /** All that waited were looked at: neither was the walk stopped, nor was its time over. */
  complete: boolean;
}

/** A queue that somebody looks through, without taking anything away but what they want to. */
export interface WalkedQueue {
  /** About how many messages wait, and how many are hidden: others are looking at them, or have died while they did. */
  count(): Promise<{ waiting: number; hidden: number }>;
  /**
   * Hands out messages, up to ten at a time and some tens at once, each once. Ends when there are no more, when `visit` says so, or after
   * 20 seconds. All that was not removed waits again when it ends; had the process died, a minute later.
   *
   * @param visit gives true to end the walk
   */
  walk(visit: (messages: HeldMessage[], remove: RemoveMessages) => Promise<boolean>): Promise<WalkOutcome>;
}

/** Removes messages for good. Gives those of which SQS did not say that they are gone: they may come again. Does not throw. */
export type RemoveMessages = (messages: readonly HeldMessage[]) => Promise<HeldMessage[]>;

export interface WalkQueueDeps {
  sqs: Pick<SQSClient, 'send'>;
  queueUrl: string;
  /** Milliseconds, steady. */
  clock: () => number;
}

/** A third of a minute, which leaves the function of 60 s time to give back what it holds. */
const LONGEST_WALK_MILLISECONDS = 20_000;
/** Longer than a walk with all that follows, so that no message is handed out twice in one. */
const HIDDEN_SECONDS = 60;
/** With a wait SQS asks all of its servers. Clients wait for an answer for 3 s. */
const WAIT_SECONDS = 1;
/** 4 × 10 messages of up to 1 MiB are in memory at once. */
const WALKERS = 4;
const CONCURRENT_CALLS = 8;
const REMOVAL_ATTEMPTS = 3;

export function walkQueue({ sqs, queueUrl, clock }: WalkQueueDeps): WalkedQueue {
  const receive = async (): Promise<HeldMessage[]> => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: HIDDEN_SECONDS,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages.map(heldMessage);
  };

  /** What is not given back by this waits again after a minute. */
  const giveBack = async (receiptHandles: string[]): Promise<void> => {
    await inParallel(chunksOfTen(receiptHandles), CONCURRENT_CALLS, async (chunk) => {
      const Entries = chunk.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })).catch(() => {});
    });
  };

  const removeChunk: RemoveMessages = async (chunk) => {
    let open = [...chunk];
    for (let attempt = 0; attempt < REMOVAL_ATTEMPTS && open.length > 0; attempt++) {
      const Entries = open.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
      const gone = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries })).then(
        ({ Successful = [] }) => new Set(Successful.map(({ Id }) => Number(Id))),
        () => new Set<number>(),
      );
      open = open.filter((_, index) => !gone.has(index));
    }
    return open;
  };

  return {
    async count() {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return {
        waiting: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
        hidden: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
      };
    },

    async walk(visit) {
      const end = clock() + LONGEST_WALK_MILLISECONDS;
      // By the message's id the latest handle, which is the one that counts.
      const held = new Map<string, string>();
      const gone = new Set<string>();
      const remove: RemoveMessages = async (messages) => {
        const left = (await inParallel(chunksOfTen(messages), CONCURRENT_CALLS, removeChunk)).flat();
        for (const message of messages) if (!left.includes(message)) gone.add(message.id);
        return left;
      };
      let examined = 0;
      let stopped = false;
      let empty = false;
      const walker = async (): Promise<void> => {
        while (!stopped && !empty) {
          const received = await receive();
          // A standard queue may hand out a message twice.
          const fresh = received.filter(({ id }) => !held.has(id));
          for (const { id, receiptHandle } of received) held.set(id, receiptHandle);
          examined += fresh.length;
          if (received.length === 0) empty = true;
          else if (fresh.length > 0 && (await visit(fresh, remove))) stopped = true;
          if (clock() >= end) stopped = true;
        }
      };
      try {
        const walkers = await Promise.allSettled(Array.from({ length: WALKERS }, walker));
        for (const result of walkers) if (result.status === 'rejected') throw result.reason;
      } finally {
        await giveBack([...held].flatMap(([id, receiptHandle]) => (gone.has(id) ? [] : [receiptHandle])));
      }
      return { examined, complete: !stopped };
    },
  };
}

function heldMessage({ MessageId, ReceiptHandle, Body, MessageAttributes, Attributes = {} }: Message): HeldMessage {
  const attributes = Object.entries(MessageAttributes ?? {}).map(
    ([name, { DataType, StringValue, BinaryValue }]): [string, RawAttribute] => [
      name,
      { DataType, ...(BinaryValue === undefined ? { StringValue } : { BinaryValue }) },
    ],
  );
  return {
    id: MessageId ?? '',
    receiptHandle: ReceiptHandle ?? '',
    body: Body ?? '',
    attributes: Object.fromEntries(attributes),
    group: Attributes.MessageGroupId,
    sentAt: Number(Attributes.SentTimestamp ?? 0),
    receiveCount: Number(Attributes.ApproximateReceiveCount ?? 0),
  };
}

/** SQS's cap of one batch. */
function chunksOfTen<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / 10) }, (_, index) => items.slice(index * 10, index * 10 + 10));
}
