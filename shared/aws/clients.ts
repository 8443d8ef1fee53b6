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
  /** What aborts a call, attempts and waits included; asked for when the call begins. */
  signal?: () => AbortSignal | undefined;
}

/** Connecting within a region takes milliseconds: a second means that the host is gone, and the next attempt asks another. */
const CONNECTION_TIMEOUT_SECONDS = 1;

/**
 * Longest wait for an answer, from the moment at which the request is begun to be written, by service. Many times what an answer takes: milliseconds from
 * DynamoDB (a full answer of 16 MB half a second), tenths of a second from S3 for the 10 MB that are put at the most, and from SQS for 1 MiB.
 * A long poll has to be shorter.
 */
const REQUEST_TIMEOUT_SECONDS = { dynamodb: 2, sqs: 3, sfn: 3, eventbridge: 3, secretsmanager: 3, s3: 5 };

/**
 * The SDK waits up to 0.05, 0.1, 0.2, 0.4 s between attempts, and up to 1, 2, 4, 8 s when it is throttled. So a call whose attempts are never
 * answered takes up to 5 × 2 + 0.75 = 10.75 s of DynamoDB, 25.75 s of S3, and one that is throttled throughout 15 s: all of it less than the shortest
 * time of a function as it deploys, 60 s, and ended by the signal where a function has less.
 */
const MAX_ATTEMPTS = 5;

/** Makes the clients of the services that most functions use. Call it once per process: connections are kept and shared. */
export function createAwsClients(options: AwsClientOptions = {}): AwsClients {
  const { endpoints: { sqs, dynamodb, s3 } = {}, signal } = options;
  const table = new DynamoDBClient({ ...clientConfiguration('dynamodb', options), ...endpoint(dynamodb) });
  const clients = {
    // Without an endpoint of its own the client follows the queue URL's host, which is right on AWS and on any stand-in.
    sqs: new SQSClient({ ...clientConfiguration('sqs', options), ...endpoint(sqs) }),
    dynamodb: DynamoDBDocumentClient.from(table, { marshallOptions: { removeUndefinedValues: true } }),
    // A stand-in on an address has no host name per bucket.
    s3: new S3Client({
      ...clientConfiguration('s3', options),
      ...endpoint(s3),
      forcePathStyle: s3 !== undefined,
    }),
  };
  if (signal !== undefined) Object.values(clients).forEach((client) => abortBy(client, signal));
  return { ...clients, destroy: () => Object.values(clients).forEach((client) => client.destroy()) };
}

/** How every client of a service is set up, wherever it is made. */
export function clientConfiguration(
  service: keyof typeof REQUEST_TIMEOUT_SECONDS,
  options: Pick<AwsClientOptions, 'region' | 'credentials'> = {},
) {
  return {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_SECONDS * 1000,
      requestTimeout: REQUEST_TIMEOUT_SECONDS[service] * 1000,
      throwOnRequestTimeout: true,
    },
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  };
}

type Send = (command: unknown, options?: { abortSignal?: AbortSignal | undefined }) => Promise<unknown>;

/** Has every call of a client aborted by the signal that there is when it begins, and by its own if it has one. */
export function abortBy(client: { send: unknown }, signal: () => AbortSignal | undefined): void {
  const send = (client.send as Send).bind(client);
  client.send = ((command, options) => {
    const signals = [signal(), options?.abortSignal].filter((each) => each !== undefined);
    return send(command, { ...options, abortSignal: signals.length > 1 ? AbortSignal.any(signals) : signals[0] });
  }) satisfies Send;
}

function endpoint(url: string | undefined): { endpoint?: string } {
  return url === undefined ? {} : { endpoint: url };
}
