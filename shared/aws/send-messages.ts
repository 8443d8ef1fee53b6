import { type BatchResultErrorEntry, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { groupMessages, MAX_BATCH_BYTES, messageBytes, type QueueMessage } from './group-messages.ts';
import { inParallel } from './in-parallel.ts';

export interface SendMessagesDeps {
  sqs: Pick<SQSClient, 'send'>;
  sleep: (milliseconds: number) => Promise<void>;
}

/** A message that the queue did not take. */
export interface UnsentMessage<Message extends QueueMessage = QueueMessage> {
  message: Message;
  /** SQS's code, for example `InternalError`, or `MessageTooLarge` for one that was not even tried. */
  code: string;
  reason: string;
}

/** Calls under way at once: enough to hide the latency, few enough for the SDK's 50 connections. */
const CONCURRENT_CALLS = 8;

/** Waits before the second, third and fourth attempt for messages that SQS failed to take; 0.7 s in all. */
const BACKOFF_MILLISECONDS = [100, 200, 400];

/** Faults of one message for which SQS refuses the whole call. */
const FAULTS_OF_ONE_MESSAGE = new Set([
  'InvalidMessageContents',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'InvalidAttributeValue',
  'BatchRequestTooLong',
]);

/**
 * Sends any number of messages, in as few calls as SQS's caps allow, and gives those that could not be sent, with the reason.
 * Failures that are SQS's own are tried again. A message may arrive twice, as always with SQS; order is not kept.
 * Never throws for part of the messages: all that happened is in the result.
 */
export async function sendMessages<Message extends QueueMessage>(
  deps: SendMessagesDeps,
  queueUrl: string,
  messages: readonly Message[],
): Promise<UnsentMessage<Message>[]> {
  const unsent = await inParallel(groupMessages(messages), CONCURRENT_CALLS, (group) =>
    sendGroup(deps, queueUrl, group),
  );
  return unsent.flat();
}

async function sendGroup<Message extends QueueMessage>(
  deps: SendMessagesDeps,
  queueUrl: string,
  group: Message[],
): Promise<UnsentMessage<Message>[]> {
  const unsent: UnsentMessage<Message>[] = [];
  let open = group;
  for (let attempt = 0; open.length > 0; attempt++) {
    const results = await sendOnce(deps, queueUrl, open);
    const backoffMilliseconds = BACKOFF_MILLISECONDS[attempt];
    const isFinal = ({ retry }: Attempt<Message>) => !retry || backoffMilliseconds === undefined;
    unsent.push(...results.filter(isFinal).map(({ message, code, reason }) => ({ message, code, reason })));
    open = results.filter((result) => !isFinal(result)).map(({ message }) => message);
    if (open.length > 0) await deps.sleep(backoffMilliseconds as number);
  }
  return unsent;
}

interface Attempt<Message extends QueueMessage> extends UnsentMessage<Message> {
  retry: boolean;
}

/** Makes one call and gives what it did not send. */
async function sendOnce<Message extends QueueMessage>(
  deps: SendMessagesDeps,
  queueUrl: string,
  group: Message[],
): Promise<Attempt<Message>[]> {
  const [first] = group;
  if (group.length === 1 && first !== undefined && messageBytes(first) > MAX_BATCH_BYTES) {
    const reason = `The message has ${messageBytes(first)} bytes with its attributes; SQS takes at most ${MAX_BATCH_BYTES}`;
    return [{ message: first, code: 'MessageTooLarge', reason, retry: false }];
  }
  try {
    const { Successful = [], Failed = [] } = await deps.sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: group.map(entry) }),
    );
    const told = new Set([...Successful, ...Failed].map(({ Id }) => Id));
    // What the answer does not mention cannot be taken for sent.
    const untold = group.filter((_, index) => !told.has(String(index)));
    return [
      ...Failed.flatMap((failure) => failedMessage(group, failure)),
      ...untold.map((message) => ({
        message,
        code: 'NoAnswer',
        reason: 'The answer does not mention it',
        retry: true,
      })),
    ];
  } catch (error) {
    const { name, message: reason } = error as Error;
    if (group.length > 1 && FAULTS_OF_ONE_MESSAGE.has(name)) {
      const alone = await inParallel(group, 1, (message) => sendOnce(deps, queueUrl, [message]));
      return alone.flat();
    }
    // The SDK has tried the call again already.
    return group.map((message) => ({ message, code: name, reason, retry: false }));
  }
}

function entry({ body, attributes = {}, rawAttributes, group, delaySeconds }: QueueMessage, index: number) {
  const pairs = Object.entries(attributes).map(
    ([name, value]) => [name, { DataType: 'String', StringValue: value }] as const,
  );
  return {
    Id: String(index),
    MessageBody: body,
    ...(group === undefined ? {} : { MessageGroupId: group }),
    ...(delaySeconds === undefined ? {} : { DelaySeconds: delaySeconds }),
    ...((pairs.length > 0 || rawAttributes !== undefined) && {
      MessageAttributes: { ...Object.fromEntries(pairs), ...rawAttributes },
    }),
  };
}

function failedMessage<Message extends QueueMessage>(
  group: Message[],
  failure: BatchResultErrorEntry,
): Attempt<Message>[] {
  const message = group[Number(failure.Id)];
  if (message === undefined) return [];
  const code = failure.Code ?? 'Unknown';
  // What is not the sender's fault passes; unknown means try again.
  return [{ message, code, reason: failure.Message ?? code, retry: failure.SenderFault !== true }];
}
