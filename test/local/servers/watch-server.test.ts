import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  type GetItemCommandOutput,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { type EmbeddedServer, startQueueAndBucketServer } from '../../../local/servers/queue-and-bucket-server.ts';
import { startTableServer } from '../../../local/servers/table-server.ts';
import { type Exchange, type Watcher, watchServer } from '../../../local/servers/watch-server.ts';
import { TEST_CREDENTIALS } from '../../support/dynamodb.ts';

/** A server with a watched one before it, and what went by. */
async function watched(server: EmbeddedServer, watcher: Partial<Watcher> = {}) {
  const exchanges: Exchange[] = [];
  const front = await watchServer(server, { onExchange: (exchange) => void exchanges.push(exchange), ...watcher });
  const client = { region: 'us-east-1', credentials: TEST_CREDENTIALS, endpoint: front.url, maxAttempts: 1 };
  return {
    exchanges,
    client,
    async [Symbol.asyncDispose]() {
      await front.stop();
      await server.stop();
    },
  };
}

test('queues are used as without it, and every request and answer is seen', async () => {
  await using own = await watched(await startQueueAndBucketServer({ region: 'us-east-1' }));
  const sqs = new SQSClient(own.client);

  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'watched' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'ä😀' }));
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));

  expect(Messages.map(({ Body }) => Body)).toEqual(['ä😀']);
  expect(own.exchanges.map(({ request, status }) => [request.headers['x-amz-target'], status])).toEqual([
    ['AmazonSQS.CreateQueue', 200],
    ['AmazonSQS.SendMessage', 200],
    ['AmazonSQS.ReceiveMessage', 200],
  ]);
  expect(JSON.parse(String(own.exchanges[1]?.request.body))).toEqual({ QueueUrl, MessageBody: 'ä😀' });
});

test('a request whose client went away is taken back, and has no answer', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
  await using own = await watched({ url, stop: async () => void server.close() });

  const stopping = new AbortController();
  const request = fetch(own.client.endpoint, { signal: stopping.signal });
  const [incoming] = await arrived;
  stopping.abort();

  await expect(request).rejects.toThrow('aborted');
  await once(incoming.socket, 'close');
  expect(own.exchanges).toEqual([]);
});

test('objects go through as they are, and HEAD tells their length', async () => {
  await using own = await watched(await startQueueAndBucketServer({ region: 'us-east-1' }));
  const s3 = new S3Client({ ...own.client, forcePathStyle: true });
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256));

  await s3.send(new CreateBucketCommand({ Bucket: 'watched' }));
  await s3.send(new PutObjectCommand({ Bucket: 'watched', Key: 'a b', Body: content }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'watched', Key: 'a b' }));
  const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: 'watched', Key: 'a b' }));

  expect(content.equals((await Body?.transformToByteArray()) ?? Buffer.of())).toBe(true);
  expect(ContentLength).toBe(300_000);
  expect(own.exchanges.map(({ request }) => request.method)).toEqual(['PUT', 'PUT', 'GET', 'HEAD']);
});

test('a request may be written anew, and the server answers that one', async () => {
  await using own = await watched(await startTableServer({}), {
    rewrite: ({ body }) =>
      Buffer.from(JSON.stringify({ ...JSON.parse(String(body)), ReturnConsumedCapacity: 'TOTAL' })),
  });
  const dynamodb = new DynamoDBClient(own.client);
  const table = { TableName: 'watched' };
  await dynamodb.send(
    new CreateTableCommand({
      ...table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  );
  const read = async (): Promise<GetItemCommandOutput> => {
    const answer = await dynamodb.send(new GetItemCommand({ ...table, Key: { pk: { S: 'a' } } })).catch(() => null);
    return answer ?? read();
  };
  await read();

  await dynamodb.send(new PutItemCommand({ ...table, Item: { pk: { S: 'a' }, text: { S: 'x'.repeat(5000) } } }));

  expect((await read()).ConsumedCapacity).toEqual({ TableName: 'watched', CapacityUnits: 1 });
  expect(JSON.parse(String(own.exchanges.at(-2)?.answer))).toMatchObject({ ConsumedCapacity: { CapacityUnits: 5 } });
});
