import { CreateTableCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { startTableServer } from '../../local/servers/table-server.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';

export interface TestTable extends AsyncDisposable {
  dynamodb: DynamoDBDocumentClient;
  table: string;
}

/** Starts an empty table with the keys that all tables of the project have, on a server of its own. */
export async function startTestTable(): Promise<TestTable> {
  const server = await startTableServer({});
  const clients = createAwsClients({
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    endpoints: { dynamodb: server.url },
  });
  await clients.dynamodb.send(
    new CreateTableCommand({
      TableName: 'table',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  );
  // Creating takes a moment even when it takes no time.
  while (!(await isActive(clients.dynamodb))) await new Promise((resolve) => setTimeout(resolve, 1));
  return {
    dynamodb: clients.dynamodb,
    table: 'table',
    async [Symbol.asyncDispose]() {
      clients.destroy();
      await server.stop();
    },
  };
}

async function isActive(dynamodb: DynamoDBDocumentClient): Promise<boolean> {
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: 'table' }));
  return Table?.TableStatus === 'ACTIVE';
}

/** The embedded servers take any. */
export const TEST_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
