import { expect, test } from 'vitest';
import { problemsOfTemplate } from '../../local/create-resources.ts';
import { startLocalStack } from '../../local/start-local-stack.ts';
import { temporaryDirectory } from '../support/local-stack.ts';
import type { QueueAndFunction } from './fixture-assembly.ts';
import { functionResource, queueAndFunction, writeAssembly } from './fixture-assembly.ts';

const HANDLER = 'export const handler = async () => {};';

async function startWith(fixture: Partial<QueueAndFunction>): Promise<void> {
  await using directory = await temporaryDirectory();
  const assembly = queueAndFunction({ handler: HANDLER, ...fixture });
  const stack = await startLocalStack({ assemblyDirectory: await writeAssembly(`${directory.path}/out`, assembly) });
  await stack.stop();
}

test('a resource type that is not known is named, and so are those that are', () => {
  const problems = problemsOfTemplate({ Resources: { Topic: { Type: 'AWS::SNS::Topic' } } });

  expect(problems).toEqual([expect.stringContaining('Topic: resource type AWS::SNS::Topic is not honoured')]);
  expect(problems[0]).toContain('AWS::SQS::Queue');
});

test('a property that is not known is named with its resource and type, however deep it is', () => {
  const problems = problemsOfTemplate({
    Resources: {
      Queue: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: 'key', RedrivePolicy: { colour: 'red' } } },
      Function: functionResource({ Code: { S3Key: 'handler.zip', ImageUri: 'image' } }),
    },
  });

  expect(problems).toEqual([
    expect.stringContaining('Queue (AWS::SQS::Queue): property KmsMasterKeyId is not honoured'),
    expect.stringContaining('Queue (AWS::SQS::Queue): property RedrivePolicy.colour is not honoured'),
    expect.stringContaining('Function (AWS::Lambda::Function): property Code.ImageUri is not honoured'),
  ]);
});

test('a value that is not honoured is named with those that are', () => {
  const problems = problemsOfTemplate({ Resources: { Function: functionResource({ Runtime: 'python3.14' }) } });

  expect(problems).toEqual([
    'Function (AWS::Lambda::Function): property Runtime is "python3.14"; the local stack honours only "nodejs24.x"',
  ]);
});

test('a section or a field beside Properties that is not known is named', () => {
  const template = { Resources: { Queue: { Type: 'AWS::SQS::Queue', CreationPolicy: {} } }, Mappings: {} };

  expect(problemsOfTemplate(template)).toEqual([
    expect.stringContaining('template section Mappings is not honoured'),
    expect.stringContaining('Queue (AWS::SQS::Queue): CreationPolicy beside Properties is not honoured'),
  ]);
});

test('a property that an intrinsic function brings in is refused as well', async () => {
  const filtered = { mappingProperties: { ScalingConfig: { 'Fn::If': ['Nobody', {}, {}] } } };

  await expect(startWith(filtered)).rejects.toThrow(
    'Mapping (AWS::Lambda::EventSourceMapping): ScalingConfig: Fn::If names the condition Nobody',
  );
});

test.each<[string, Partial<QueueAndFunction>, string]>([
  ['an event filter', { mappingProperties: { FilterCriteria: {} } }, 'property FilterCriteria is not honoured'],
  [
    'a visibility timeout below the function’s timeout',
    { functionProperties: { Timeout: 3 } },
    'visibility timeout is 2 s, less than the function',
  ],
  [
    'a batch above 10 without a window',
    { mappingProperties: { BatchSize: 11 } },
    'BatchSize is 11: above 10, MaximumBatchingWindowInSeconds must be 1 or more',
  ],
  [
    'a variable that Lambda keeps for itself',
    { functionProperties: { Environment: { Variables: { AWS_REGION: 'eu-west-1' } } } },
    'sets AWS_REGION, which Lambda keeps for itself',
  ],
  [
    'an asset that is not in the assembly',
    { functionProperties: { Code: { S3Key: 'other.zip' } } },
    'the cloud assembly has no asset other.zip',
  ],
  [
    'a mapping of a function that is not there',
    { mappingProperties: { FunctionName: 'stranger' } },
    'FunctionName stranger is no function of this stack',
  ],
])('%s is refused as AWS would, or because it is not honoured', async (_title, fixture, message) => {
  await expect(startWith(fixture)).rejects.toThrow(message);
});
