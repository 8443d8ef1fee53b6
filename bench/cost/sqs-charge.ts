import { type Charge, payloadUnits } from './charge.ts';

/** A message in requests and answers of SQS's JSON protocol. */
interface Message {
  MessageBody?: string;
  Body?: string;
  MessageGroupId?: string;
  MessageAttributes?: Record<string, { DataType?: string; StringValue?: string; BinaryValue?: string }>;
}

export interface SqsRequest extends Message {
  QueueUrl?: string;
  Entries?: Message[];
}

export interface SqsAnswer {
  Messages?: Message[];
}

/**
 * A request to SQS: one for every 64 KiB of the messages that it sends or receives, in all of a batch together.
 *
 * @param fairQueues URLs of queues whose messages have groups; the one to which such a message is sent is added
 */
export function sqsCharge(operation: string, request: SqsRequest, answer: SqsAnswer, fairQueues: Set<string>): Charge {
  const { QueueUrl: url = '', Entries: entries = [] } = request;
  const sent = operation === 'SendMessage' ? [request] : operation === 'SendMessageBatch' ? entries : [];
  const received = answer.Messages ?? [];
  if (sent.some(({ MessageGroupId }) => MessageGroupId !== undefined)) fairQueues.add(url);
  const requests = payloadUnits([...sent, ...received].reduce((sum, message) => sum + bytesOf(message), 0));
  return {
    service: 'sqs',
    operation,
    on: url.split('/').at(-1) ?? '',
    usage: { sqsRequests: requests, ...(fairQueues.has(url) ? { sqsFairRequests: requests } : {}) },
    ...(operation === 'ReceiveMessage' && received.length === 0 ? { isIdle: true } : {}),
  };
}

/** As SQS counts a message: UTF-8 of the body and of every attribute's name, type and value. */
function bytesOf({ MessageBody, Body, MessageAttributes = {} }: Message): number {
  return Object.entries(MessageAttributes).reduce(
    (sum, [name, { DataType = '', StringValue = '', BinaryValue = '' }]) =>
      sum + Buffer.byteLength(name + DataType + StringValue) + Buffer.byteLength(BinaryValue, 'base64'),
    Buffer.byteLength(MessageBody ?? Body ?? ''),
  );
}
