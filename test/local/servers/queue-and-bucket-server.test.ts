import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import type { EmbeddedServer } from '../../../local/servers/queue-and-bucket-server.ts';
import { startQueueAndBucketServer } from '../../../local/servers/queue-and-bucket-server.ts';
import { temporaryDirectory } from '../../support/local-stack.ts';

const clientOf = ({ url }: EmbeddedServer) =>
  new SQSClient({ region: 'us-east-1', endpoint: url, credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });

test('it listens on 127.0.0.1 only, and queue URLs have that address', async () => {
  const server = await startQueueAndBucketServer({ region: 'us-east-1' });

  const { QueueUrl } = await clientOf(server).send(new CreateQueueCommand({ QueueName: 'queue' }));

  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(QueueUrl).toBe(`${server.url}/000000000000/queue`);
  await server.stop();
});

test('a message made visible at once can be received again, also when messages are kept in a file', async () => {
  await using directory = await temporaryDirectory();
  const server = await startQueueAndBucketServer({ region: 'us-east-1', dataDirectory: directory.path });
  const sqs = clientOf(server);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'queue' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'body' }));
  const receive = new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['ApproximateReceiveCount'] });

  const { Messages: first = [] } = await sqs.send(receive);
  const ReceiptHandle = first[0]?.ReceiptHandle;
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  const { Messages: second = [] } = await sqs.send(receive);

  expect(second[0]).toMatchObject({ Body: 'body', Attributes: { ApproximateReceiveCount: '2' } });
  await server.stop();
});

test('after a restart on another port, queues are found under their new address with what they hold', async () => {
  await using directory = await temporaryDirectory();
  const options = { region: 'us-east-1', dataDirectory: directory.path };
  const before = await startQueueAndBucketServer(options);
  const { QueueUrl } = await clientOf(before).send(new CreateQueueCommand({ QueueName: 'queue' }));
  await clientOf(before).send(new SendMessageCommand({ QueueUrl, MessageBody: 'body' }));
  await before.stop();

  const after = await startQueueAndBucketServer(options);
  const { QueueUrl: found } = await clientOf(after).send(new GetQueueUrlCommand({ QueueName: 'queue' }));
  const { Messages = [] } = await clientOf(after).send(new ReceiveMessageCommand({ QueueUrl: found }));

  expect(found).toBe(`${after.url}/000000000000/queue`);
  expect(Messages.map(({ Body }) => Body)).toEqual(['body']);
  await after.stop();
});

test('a queue takes the characters that SQS takes, emoji among them, and refuses the others', async () => {
  const server = await startQueueAndBucketServer({ region: 'us-east-1' });
  const sqs = clientOf(server);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'queue' }));
  const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));

  await send('😀 \u{10FFFF} \uFFFD \t');
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));

  expect(Messages.map(({ Body }) => Body)).toEqual(['😀 \u{10FFFF} \uFFFD \t']);
  for (const refused of ['\uFFFE', '\uFFFF', '\u0000', '\u001b']) {
    await expect(send(`x${refused}`)).rejects.toThrow('Invalid characters');
  }
  await server.stop();
});
