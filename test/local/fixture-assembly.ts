import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TemplateResource } from '../../local/template/template.ts';

export interface FixtureAssembly {
  resources: Record<string, TemplateResource>;
  /** Source of `index.mjs` by asset key. */
  handlers?: Record<string, string>;
  outputs?: Record<string, { Value: unknown }>;
}

/** Writes a cloud assembly as the CDK would, around resources of the test's own. */
export async function writeAssembly(directory: string, fixture: FixtureAssembly): Promise<string> {
  const { resources, handlers = {}, outputs = {} } = fixture;
  const keys = Object.keys(handlers);
  await mkdir(directory, { recursive: true });
  for (const key of keys) {
    await mkdir(join(directory, `asset.${key}`));
    await writeFile(join(directory, `asset.${key}/index.mjs`), handlers[key] ?? '');
  }
  const files: Record<string, object> = {
    'manifest.json': {
      artifacts: {
        'Test.assets': { type: 'cdk:asset-manifest', properties: { file: 'Test.assets.json' } },
        Test: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Test.template.json' } },
      },
    },
    'Test.template.json': { Resources: resources, Outputs: outputs },
    'Test.assets.json': {
      files: Object.fromEntries(
        keys.map((key) => [
          key,
          { source: { path: `asset.${key}`, packaging: 'zip' }, destinations: { here: { objectKey: `${key}.zip` } } },
        ]),
      ),
    },
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), JSON.stringify(content));
  return directory;
}

/** A function of the template; its handler is the asset `handler`. */
export function functionResource(properties: Record<string, unknown> = {}): TemplateResource {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: 'assets', S3Key: 'handler.zip' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: 'arn:aws:iam::000000000000:role/any',
      Timeout: 1,
      MemorySize: 256,
      ...properties,
    },
  };
}

export interface QueueAndFunction {
  handler: string;
  functionProperties?: Record<string, unknown>;
  queueProperties?: Record<string, unknown>;
  mappingProperties?: Record<string, unknown>;
}

/** A queue with dead letters, and a function behind it. Messages are visible again after 2 s, twice at the most. */
export function queueAndFunction(fixture: QueueAndFunction): FixtureAssembly {
  return {
    handlers: { handler: fixture.handler },
    resources: {
      DeadLetters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead-letters' } },
      Queue: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          QueueName: 'queue',
          VisibilityTimeout: 2,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] }, maxReceiveCount: 2 },
          ...fixture.queueProperties,
        },
      },
      Function: functionResource({ FunctionName: 'consumer', ...fixture.functionProperties }),
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
          FunctionName: { Ref: 'Function' },
          BatchSize: 10,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: 2 },
          ...fixture.mappingProperties,
        },
      },
    },
    outputs: { QueueUrl: { Value: { Ref: 'Queue' } }, DeadLettersUrl: { Value: { Ref: 'DeadLetters' } } },
  };
}
