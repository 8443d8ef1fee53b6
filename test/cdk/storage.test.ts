import { describe, expect, it, test } from 'vitest';
import { KIND } from '../../shared/registry/registry-items.ts';
import { hogletTemplate, propertiesOf, propertiesOfThe, resourcesOf } from './hoglet-template.ts';

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

describe('the keys of secrets', () => {
  const [key] = Object.values(resourcesOf(template, 'AWS::SecretsManager::Secret'));

  test('are made at deploy, in a form that has room for more of them, and outlive the stack', () => {
    expect(key).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      // Changing any of these makes another key, and what was sealed with this one is lost.
      Properties: {
        GenerateSecretString: {
          SecretStringTemplate: '{"current":"k1"}',
          GenerateStringKey: 'k1',
          PasswordLength: 64,
          ExcludePunctuation: true,
        },
      },
    });
  });
});

describe('functions that run plugins', () => {
  test('may read of the registry what is to run, and write there how it fares: neither API tokens nor the audit log', () => {
    const statements = (
      propertiesOfThe(template, 'AWS::IAM::Policy', 'ProcessEvents')['PolicyDocument'] as {
        Statement: { Action: string | string[]; Condition?: { 'ForAllValues:StringEquals': object } }[];
      }
    ).Statement.filter(({ Action, Condition }) => Condition !== undefined && Action !== 'events:PutEvents');

    const recorded = [KIND.version, KIND.pluginConfig, KIND.pluginConfigStatus];
    expect(statements.map(({ Action, Condition }) => [Action, Condition?.['ForAllValues:StringEquals']])).toEqual([
      [
        ['dynamodb:GetItem', 'dynamodb:Query'],
        {
          'dynamodb:LeadingKeys': [
            KIND.version,
            KIND.project,
            KIND.chain,
            KIND.plugin,
            KIND.pluginConfig,
            KIND.pluginConfigStatus,
          ],
        },
      ],
      ['dynamodb:UpdateItem', { 'dynamodb:LeadingKeys': recorded }],
    ]);
  });
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
      'LifecycleBusName',
      'LifecycleLogGroupName',
      'RegistryTableName',
      'SecretsKeyArn',
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
    expect(types.filter((type) => type === 'AWS::Lambda::Function')).toHaveLength(9);
  });
});
