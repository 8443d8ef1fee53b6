import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { sweep } from '../../../local/dynamodb/start-expiry.ts';
import { startTableServer } from '../../../local/servers/table-server.ts';

test('items whose time has come are deleted; those without a time, with a later or a nonsensical one stay', async () => {
  const server = await startTableServer({});
  const dynamodb = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: server.url,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'table',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  );
  const nowSeconds = 1_800_000_000;
  const times = {
    past: { N: String(nowSeconds - 1) },
    now: { N: String(nowSeconds) },
    future: { N: String(nowSeconds + 1) },
    // Six years ago: DynamoDB takes it for a mistake.
    ancient: { N: String(nowSeconds - 6 * 365 * 86_400) },
    text: { S: String(nowSeconds - 1) },
    none: undefined,
  };
  for (const [name, time] of Object.entries(times)) {
    const Item = { pk: { S: name }, ...(time === undefined ? {} : { expiresAt: time }) };
    await dynamodb.send(new PutItemCommand({ TableName: 'table', Item }));
  }

  await sweep({
    dynamodb,
    table: 'table',
    keyAttributes: ['pk'],
    attribute: 'expiresAt',
    now: () => nowSeconds * 1000,
    onProblem: () => {},
  });

  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: 'table' }));
  const left = Items.map((item) => item['pk']?.S).sort((a = '', b = '') => a.localeCompare(b));
  expect(left).toEqual(['ancient', 'future', 'none', 'text']);
  dynamodb.destroy();
  await server.stop();
});
