/** A message to be sent. */
export interface QueueMessage {
  body: string;
  /** At most 10, values not empty: string attributes by name. */
  attributes?: Record<string, string>;
  /** Attributes of any type as SQS gave them, when a message is moved from one queue to another; of the same name as none of `attributes`. */
  rawAttributes?: Record<string, RawAttribute>;
  /** Whose message it is, at most 128 characters: a standard queue hands out messages of all groups fairly, in no order. */
  group?: string;
  /** How long the queue keeps it back, whole seconds, 0–900. */
  delaySeconds?: number;
}

/** An attribute as SQS has it. */
export interface RawAttribute {
  /** `String`, `Number` or `Binary`, and maybe more after a dot. */
  DataType: string | undefined;
  StringValue?: string | undefined;
  BinaryValue?: Uint8Array | undefined;
}

/** SQS's caps of one SendMessageBatch: entries, and bytes of all bodies and attributes together. */
export const MAX_BATCH_ENTRIES = 10;
export const MAX_BATCH_BYTES = 1_048_576;

/**
 * Cuts messages into calls of SendMessageBatch that respect SQS's caps, in order.
 * A message that is above the cap even alone is in a group by itself.
 */
export function groupMessages<Message extends QueueMessage>(messages: readonly Message[]): Message[][] {
  const groups: Message[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = messageBytes(message);
    const group = groups.at(-1);
    if (group !== undefined && group.length < MAX_BATCH_ENTRIES && bytes + size <= MAX_BATCH_BYTES) {
      group.push(message);
      bytes += size;
    } else {
      groups.push([message]);
      bytes = size;
    }
  }
  return groups;
}

/** A message's size as SQS counts it: UTF-8 of the body and of every attribute's name, type and value. */
export function messageBytes({ body, attributes = {}, rawAttributes }: QueueMessage): number {
  const bytes = Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + 'String'.length + Buffer.byteLength(value),
    Buffer.byteLength(body),
  );
  return rawAttributes === undefined ? bytes : bytes + rawBytes(rawAttributes);
}

function rawBytes(attributes: Record<string, RawAttribute>): number {
  return Object.entries(attributes).reduce((sum, [name, { DataType = '', StringValue = '', BinaryValue }]) => {
    const valueBytes = BinaryValue?.byteLength ?? Buffer.byteLength(StringValue);
    return sum + Buffer.byteLength(name) + Buffer.byteLength(DataType) + valueBytes;
  }, 0);
}
