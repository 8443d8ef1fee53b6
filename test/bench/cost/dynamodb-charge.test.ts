import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMeter, type Meter } from '../../../bench/cost/meter.ts';
import type { EmbeddedServer } from '../../../local/servers/queue-and-bucket-server.ts';
import { startTableServer } from '../../../local/servers/table-server.ts';
import { watchServer } from '../../../local/servers/watch-server.ts';
import { type AwsClients, createAwsClients } from '../../../shared/aws/clients.ts';
import { until } from '../../local/processes.ts';
import { TEST_CREDENTIALS } from '../../support/dynamodb.ts';

const TableName = 'table';

let servers: EmbeddedServer[];
let aws: AwsClients;
let meter: Meter;
beforeAll(async () => {
  meter = createMeter();
  const tables = await startTableServer({});
  servers = [await watchServer(tables, meter.watcher), tables];
  aws = createAwsClients({
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    endpoints: { dynamodb: servers[0]?.url },
  });
  await aws.dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  );
  await until('the table is there', () =>
    aws.dynamodb.send(new GetCommand({ TableName, Key: { pk: 'a' } })).then(
      () => true,
      () => false,
    ),
  );
});
afterAll(async () => {
  aws.destroy();
  for (const server of servers) await server.stop();
});

/** An item of so many bytes, names included. */
const item = (pk: string, bytes: number) => ({ pk, text: 'x'.repeat(bytes - pk.length - 'pktext'.length) });

/** What a request was paid with. */
async function usageOf(send: () => Promise<unknown>) {
  meter.read();
  await send().catch(() => {});
  return meter.read().usage;
}

test('a write is paid for by the KB of the item, the larger of before and after', async () => {
  const put = (bytes: number) =>
    usageOf(() => aws.dynamodb.send(new PutCommand({ TableName, Item: item('w', bytes) })));

  expect(await put(1024)).toEqual({ dynamodbWriteUnits: 1 });
  expect(await put(5121)).toEqual({ dynamodbWriteUnits: 6 });
  expect(await put(100)).toEqual({ dynamodbWriteUnits: 6 });
  expect(await usageOf(() => aws.dynamodb.send(new DeleteCommand({ TableName, Key: { pk: 'w' } })))).toEqual({
    dynamodbWriteUnits: 1,
  });
});

test('a write whose condition does not hold is paid for, too', async () => {
  const update = () =>
    aws.dynamodb.send(
      new UpdateCommand({
        TableName,
        Key: { pk: 'nothing' },
        UpdateExpression: 'SET n = :n',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':n': 1 },
      }),
    );

  await expect(update()).rejects.toThrow('conditional');
  expect(await usageOf(update)).toEqual({ dynamodbWriteUnits: 1 });
});

test('a read is paid for by 4 KB, half when it need not be consistent, and also when nothing is there', async () => {
  await aws.dynamodb.send(new PutCommand({ TableName, Item: item('r', 4097) }));
  const get = (pk: string, ConsistentRead: boolean) =>
    usageOf(() => aws.dynamodb.send(new GetCommand({ TableName, Key: { pk }, ConsistentRead })));

  expect([await get('r', true), await get('r', false), await get('none', true), await get('none', false)]).toEqual([
    { dynamodbReadUnits: 2 },
    { dynamodbReadUnits: 1 },
    { dynamodbReadUnits: 1 },
    { dynamodbReadUnits: 0.5 },
  ]);
});

test('a query is paid for by all that it reads together, and a little when it finds nothing', async () => {
  await aws.dynamodb.send(new PutCommand({ TableName, Item: item('q', 5000) }));
  const query = (pk: string) =>
    usageOf(() =>
      aws.dynamodb.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ConsistentRead: true,
        }),
      ),
    );

  expect([await query('q'), await query('none')]).toEqual([{ dynamodbReadUnits: 2 }, { dynamodbReadUnits: 1 }]);
});

test('each item of a batch is paid for by itself', async () => {
  const items = [item('b1', 100), item('b2', 100), item('b3', 2000)];
  const write = () =>
    aws.dynamodb.send(
      new BatchWriteCommand({ RequestItems: { [TableName]: items.map((Item) => ({ PutRequest: { Item } })) } }),
    );
  const Keys = items.map(({ pk }) => ({ pk }));
  const read = () =>
    aws.dynamodb.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }));

  expect([await usageOf(write), await usageOf(read)]).toEqual([{ dynamodbWriteUnits: 4 }, { dynamodbReadUnits: 3 }]);
});
