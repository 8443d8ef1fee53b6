import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export interface AwsClients {
  sqs: SQSClient;
  dynamodb: DynamoDBDocumentClient;
  s3: S3Client;
  /** Closes idle connections. */
  destroy(): void;
}

export interface AwsClientOptions {
  /** Without it the SDK's own sources decide, in a Lambda function `AWS_REGION`. */
  region?: string;
  /** Without them the SDK's own sources decide, in a Lambda function its role. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Servers that stand in for AWS, by service; AWS itself where none is given. */
  endpoints?: { sqs?: string | undefined; dynamodb?: string | undefined; s3?: string | undefined };
  /** Longest wait for an answer; default 10 s. Must be above the longest long poll. */
  requestTimeoutSeconds?: number;
}

/** Connecting within a region takes milliseconds: a second means that the host is gone, and the next attempt asks another. */
const CONNECTION_TIMEOUT_SECONDS = 1;
const REQUEST_TIMEOUT_SECONDS = 10;

/** With the SDK's backoff (up to 0.1, 0.2, 0.4, 0.8 s) five attempts outlast a hiccup and end long before the function does. */
const MAX_ATTEMPTS = 5;

/** Makes the clients of the services that most functions use. Call it once per process: connections are kept and shared. */
export function createAwsClients(options: AwsClientOptions = {}): AwsClients {
  const configuration = clientConfiguration(options);
  const { sqs, dynamodb, s3 } = options.endpoints ?? {};
  const clients = {
    // Without an endpoint of its own the client follows the queue URL's host, which is right on AWS and on any stand-in.
    sqs: new SQSClient({ ...configuration, ...endpoint(sqs) }),
    dynamodb: DynamoDBDocumentClient.from(new DynamoDBClient({ ...configuration, ...endpoint(dynamodb) }), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    // A stand-in on an address has no host name per bucket.
    s3: new S3Client({ ...configuration, ...endpoint(s3), forcePathStyle: s3 !== undefined }),
  };
  return { ...clients, destroy: () => Object.values(clients).forEach((client) => client.destroy()) };
}

/** How every client is set up, wherever it is made. */
export function clientConfiguration(options: AwsClientOptions) {
  const requestTimeoutSeconds = options.requestTimeoutSeconds ?? REQUEST_TIMEOUT_SECONDS;
  return {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_SECONDS * 1000,
      requestTimeout: requestTimeoutSeconds * 1000,
      throwOnRequestTimeout: true,
    },
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  };
}

function endpoint(url: string | undefined): { endpoint?: string } {
  return url === undefined ? {} : { endpoint: url };
}
