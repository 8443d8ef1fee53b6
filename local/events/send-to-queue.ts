import type { SQSClient } from '@aws-sdk/client-sqs';
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';

/** Sends one message to a queue of this stack. Attributes are texts; an empty one is left out, as SQS takes none. */
export async function sendToQueue(
  sqs: SQSClient,
  queueArn: string,
  body: string,
  attributes: Record<string, string>,
): Promise<void> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueArn.split(':').at(-1) }));
  const given = Object.entries(attributes).filter(([, value]) => value !== '');
  await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        given.map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    }),
  );
}
