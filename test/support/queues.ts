import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { startQueueAndBucketServer } from '../../local/servers/queue-and-bucket-server.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { TEST_CREDENTIALS } from './dynamodb.ts';

export interface TestQueues<Name extends string> extends AsyncDisposable {
  sqs: SQSClient;
  urls: Record<Name, string>;
  /** Sends one message, gives its id. */
  send(name: Name, body: string, attributes?: Record<string, string>, group?: string): Promise<string>;
  /** Takes out all that is there now. */
  receiveAll(name: Name): Promise<Message[]>;
  /** Messages that wait, and those that are hidden. */
  count(name: Name): Promise<[waiting: number, hidden: number]>;
}

/** Starts empty queues on a server of their own. */
export async function startTestQueues<const Name extends string>(names: readonly Name[]): Promise<TestQueues<Name>> {
  const server = await startQueueAndBucketServer({ region: 'us-east-1' });
  const { sqs, destroy } = createAwsClients({
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    endpoints: { sqs: server.url },
  });
  const urls = {} as Record<Name, string>;
  for (const name of names) {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    urls[name] = QueueUrl as string;
  }
  return {
    sqs,
    urls,
    async send(name, body, attributes = {}, group) {
      const pairs = Object.entries(attributes).map(([key, value]): [string, MessageAttributeValue] => [
        key,
        { DataType: 'String', StringValue: value },
      ]);
      const { MessageId } = await sqs.send(
        new SendMessageCommand({
          QueueUrl: urls[name],
          MessageBody: body,
          MessageAttributes: Object.fromEntries(pairs),
          ...(group === undefined ? {} : { MessageGroupId: group }),
        }),
      );
      return MessageId as string;
    },
    async receiveAll(name) {
      const received: Message[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: urls[name],
            MaxNumberOfMessages: 10,
            MessageAttributeNames: ['All'],
            MessageSystemAttributeNames: ['All'],
          }),
        );
        if (Messages.length === 0) return received;
        received.push(...Messages);
      }
    },
    async count(name) {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: urls[name], AttributeNames: ['All'] }),
      );
      return [
        Number(Attributes['ApproximateNumberOfMessages']),
        Number(Attributes['ApproximateNumberOfMessagesNotVisible']),
      ];
    },
    async [Symbol.asyncDispose]() {
      destroy();
      await server.stop();
    },
  };
}
