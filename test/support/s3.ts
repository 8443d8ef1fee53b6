import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { startQueueAndBucketServer } from '../../local/servers/queue-and-bucket-server.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { TEST_CREDENTIALS } from './dynamodb.ts';

export interface TestBucket extends AsyncDisposable {
  s3: S3Client;
  bucket: string;
}

/** Starts an empty bucket on a server of its own. */
export async function startTestBucket(): Promise<TestBucket> {
  const server = await startQueueAndBucketServer({ region: 'us-east-1' });
  const clients = createAwsClients({
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    endpoints: { s3: server.url },
  });
  await clients.s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  return {
    s3: clients.s3,
    bucket: 'bucket',
    async [Symbol.asyncDispose]() {
      clients.destroy();
      await server.stop();
    },
  };
}
