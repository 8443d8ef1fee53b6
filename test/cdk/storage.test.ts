import { describe, expect, it, test } from 'vitest';
import { hogletTemplate, propertiesOf, resourcesOf } from './hoglet-template.ts';

const template = hogletTemplate();
const tables = resourcesOf(template, 'AWS::DynamoDB::Table');
const tableStarting = (prefix: string) => Object.entries(tables).find(([id]) => id.startsWith(prefix))?.[1];

describe('tables', () => {
  test.each(['Registry', 'State'])('%s has string keys pk and sk, is paid per request, restorable and kept', (id) => {
    expect(tableStarting(id)).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    });
  });

  test('only items of the state table expire', () => {
    expect(tableStarting('State')?.Properties['TimeToLiveSpecification']).toEqual({
      AttributeName: 'expiresAt',
      Enabled: true,
    });
    expect(tableStarting('Registry')?.Properties['TimeToLiveSpecification']).toBeUndefined();
  });
});

describe('the assets bucket', () => {
  test('is kept, encrypted and closed to the public', () => {
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });

    const properties = propertiesOf(template, 'AWS::S3::Bucket');

    expect(properties['PublicAccessBlockConfiguration']).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(JSON.stringify(properties['BucketEncryption'])).toContain('AES256');
  });

  test('refuses whoever comes without TLS', () => {
    expect(propertiesOf(template, 'AWS::S3::BucketPolicy')['PolicyDocument']).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Action: 's3:*',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
  });
});

it('batches that are exported again are gone after a week, uploads after a day; what else is in the bucket stays', () => {
  const { Rules } = propertiesOf(template, 'AWS::S3::Bucket')['LifecycleConfiguration'] as { Rules: object[] };

  expect(Rules).toEqual([
    { ExpirationInDays: 7, Prefix: 'exports/', Status: 'Enabled' },
    { ExpirationInDays: 1, Prefix: 'uploads/', Status: 'Enabled' },
  ]);
});

describe('the stack', () => {
  test('tells producers, consumers and tools where things are', () => {
    expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
      'AdminUrl',
      'AssetsBucketName',
      'DeliveriesDeadLetterQueueUrl',
      'DeliveriesQueueUrl',
      'EventsDeadLetterQueueUrl',
      'EventsQueueUrl',
      'ExportRetryStateMachineArn',
      'IngestionDeadLetterQueueUrl',
      'IngestionQueueUrl',
      'RegistryTableName',
      'StateTableName',
      'TasksDeadLetterQueueUrl',
      'TasksQueueUrl',
    ]);
  });

  test('holds nothing but resources and outputs: no custom resource, no parameter, no metadata of the CDK', () => {
    const { Resources, ...rest } = template.toJSON() as { Resources: Record<string, { Type: string }> };
    const types = Object.values(Resources).map(({ Type }) => Type);

    expect(Object.keys(rest).sort()).toEqual(['Description', 'Outputs']);
    expect(types.filter((type) => /^(Custom|AWS::CloudFormation|AWS::CDK)::/.test(type))).toEqual([]);
    expect(types.filter((type) => type === 'AWS::Lambda::Function')).toHaveLength(7);
  });
});
