import { describe, expect, it } from 'vitest';
import { nameRequest, nameRuntimeRequest } from './name-request.ts';
import { functionNameOf, shortNamesOf } from './short-names.ts';

const SHORT = shortNamesOf({
  EventsQueueUrl: 'http://127.0.0.1:4000/000000000000/Hoglet-events',
  EventsDeadLetterQueueUrl: 'http://127.0.0.1:4000/000000000000/Hoglet-events-dead-letters',
  StateTableName: 'Hoglet-StateTable1',
  AssetsBucketName: 'hoglet-assets',
});

const toService = (target: string, input: object) => ({
  method: 'POST',
  path: '/',
  headers: { 'x-amz-target': target },
  body: Buffer.from(JSON.stringify(input)),
});
const toBucket = (method: string, path: string) => ({ method, path, headers: {}, body: Buffer.alloc(0) });

describe('the name of a request', () => {
  it.each([
    [
      toService('AmazonSQS.SendMessageBatch', { QueueUrl: 'http://127.0.0.1:5000/000000000000/Hoglet-events' }),
      'sqs SendMessageBatch events',
    ],
    [
      toService('DynamoDB_20120810.GetItem', { TableName: 'Hoglet-StateTable1', Key: { pk: { S: 'cache#7#key' } } }),
      'dynamodb GetItem state:cache',
    ],
    [
      toService('DynamoDB_20120810.BatchWriteItem', {
        RequestItems: { 'Hoglet-StateTable1': [{ PutRequest: { Item: { pk: { S: 'jobs#123#4' } } } }] },
      }),
      'dynamodb BatchWriteItem state:jobs',
    ],
    [
      toService('DynamoDB_20120810.UpdateItem', {
        TableName: 'Hoglet-StateTable1',
        Key: { pk: { S: 'cache#7#key' } },
        UpdateExpression: 'SET #count = :a, #m_0a1b = :b REMOVE #count',
      }),
      'dynamodb UpdateItem state:cache(count)',
    ],
    [toService('AWSStepFunctions.StartExecution', { stateMachineArn: 'arn', name: 'x' }), 'states StartExecution '],
    [toBucket('GET', '/hoglet-assets/code/0a1b.js?x-id=GetObject'), 's3 GetObject assets:code'],
    [toBucket('GET', '/hoglet-assets?list-type=2&prefix=values%2F'), 's3 ListObjectsV2 assets:values'],
    [
      { ...toBucket('POST', '/hoglet-assets?delete='), body: Buffer.from('<Delete><Object><Key>values/p/x</Key>') },
      's3 DeleteObjects assets:values',
    ],
  ])('%# says what it is for, and nothing that differs from run to run', (request, expected) => {
    const { service, operation, target } = nameRequest(request, SHORT);

    expect(`${service} ${operation} ${target}`).toBe(expected);
  });

  it('is that of a step of the function, when it goes to the Runtime API', () => {
    const runtime = '/2018-06-01/runtime';
    const names = [
      `${runtime}/invocation/next`,
      `${runtime}/invocation/1-2/response`,
      `/2020-01-01/extension/register`,
    ];

    expect(names.map((path) => nameRuntimeRequest({ path })?.operation)).toEqual(['next', 'response', 'register']);
    expect(nameRuntimeRequest({ path: '/2020-01-01/extension/event/next' })).toBeNull();
  });
});

it('functions are known by the constructs that they come from', () => {
  expect(['Hoglet-ProcessEventsFunction1A2B3C4D', 'My-App-AdminFA0B1C2D'].map(functionNameOf)).toEqual([
    'process-events',
    'admin',
  ]);
});
