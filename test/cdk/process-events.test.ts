import { describe, expect, test } from 'vitest';
import { ENVIRONMENT } from '../../functions/process-events/configuration.ts';
import { hogletTemplate, permissionsOf, propertiesOfThe, resourcesOf, variablesOf } from './hoglet-template.ts';

const template = hogletTemplate();
const functionOf = (given: typeof template) => propertiesOfThe(given, 'AWS::Lambda::Function', 'ProcessEvents');
const fn = functionOf(template);

describe('process-events', () => {
  test('runs on Node 24 and arm64 with about one vCPU', () => {
    expect(fn).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 1769,
    });
  });

  test('has time for a hung hook per strike, one more hook, and the overhead', () => {
    const timeouts = [
      { context: {}, timeout: 30 * (1 + 3) + 30 },
      { context: { 'processEvents.hookTimeoutSeconds': '5', 'processEvents.strikes': '1' }, timeout: 5 * 2 + 30 },
    ].map(({ context, timeout }) => ({
      timeout,
      got: functionOf(hogletTemplate(context))['Timeout'],
    }));

    for (const { timeout, got } of timeouts) expect(got).toBe(timeout);
  });

  test('keeps a message hidden for six times its timeout plus the window', () => {
    const changed = hogletTemplate({ 'processEvents.hookTimeoutSeconds': 7, 'processEvents.windowSeconds': 2 });
    const timeout = functionOf(changed)['Timeout'] as number;

    changed.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'Hoglet-events',
      VisibilityTimeout: 6 * timeout + 2,
    });
    template.hasResourceProperties('AWS::SQS::Queue', { QueueName: 'Hoglet-events', VisibilityTimeout: 901 });
  });

  test('reads events in batches of one row and reports each failed message by itself', () => {
    const row = { batchSize: 200, windowSeconds: 3, maxConcurrency: 4 };
    const context = Object.fromEntries(Object.entries(row).map(([key, value]) => [`processEvents.${key}`, value]));

    expect(propertiesOfThe(hogletTemplate(context), 'AWS::Lambda::EventSourceMapping', 'ProcessEvents')).toMatchObject({
      BatchSize: 200,
      MaximumBatchingWindowInSeconds: 3,
      ScalingConfig: { MaximumConcurrency: 4 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('finds all that it needs in its environment', () => {
    const variables = variablesOf(fn);

    expect(variables).toMatchObject({
      HOGLET_INGESTION_FORMAT: 'packed',
      HOGLET_HOOK_TIMEOUT_SECONDS: '30',
      HOGLET_STRIKES: '3',
      HOGLET_PLUGIN_HEAP_MEGABYTES: '1061',
      HOGLET_ALLOW_PRIVATE_NETWORKS: 'false',
      HOGLET_LOG_LEVEL: 'INFO',
      HOGLET_EVENTS_DEAD_LETTER_QUEUE_URL: { Ref: expect.stringMatching(/^EventsDeadLetters/) },
      HOGLET_DELIVERIES_QUEUE_URL: { Ref: expect.stringMatching(/^DeliveriesQueue/) },
      HOGLET_CAPTURE_HOP_LIMIT: '10',
      HOGLET_EVENTS_QUEUE_URL: { Ref: expect.stringMatching(/^EventsQueue/) },
      HOGLET_TASKS_QUEUE_URL: { Ref: expect.stringMatching(/^TasksQueue/) },
      HOGLET_INGESTION_QUEUE_URL: { Ref: expect.stringMatching(/^IngestionQueue/) },
      HOGLET_LIFECYCLE_BUS: { Ref: expect.stringMatching(/^LifecycleBus/) },
      HOGLET_REGISTRY_TABLE: { Ref: expect.stringMatching(/^RegistryTable/) },
      HOGLET_STATE_TABLE: { Ref: expect.stringMatching(/^StateTable/) },
      HOGLET_GEOIP_DATABASE: 'geoip/City.mmdb',
      HOGLET_SECRETS_KEY: { Ref: expect.stringMatching(/^SecretsKeySecret/) },
      HOGLET_ASSETS_BUCKET: { Ref: expect.stringMatching(/^AssetsBucket/) },
    });
  });

  test('gets every variable that its code reads, and no other', () => {
    expect(new Set(Object.keys(variablesOf(fn)))).toEqual(new Set(Object.keys(ENVIRONMENT.shape)));
  });

  test('leaves at least a third of its memory to the process around the plugins', () => {
    for (const memory of [512, 1_769, 10_240]) {
      const properties = functionOf(hogletTemplate({ 'processEvents.memoryMegabytes': memory }));

      expect(Number(variablesOf(properties)['HOGLET_PLUGIN_HEAP_MEGABYTES'])).toBeLessThanOrEqual((memory * 2) / 3);
    }
  });

  test('may do what its work takes, on the resources of its work, and nothing else', () => {
    expect(permissionsOf(template, 'ProcessEvents')).toEqual({
      'sqs:ReceiveMessage': ['EventsQueue'],
      'sqs:DeleteMessage': ['EventsQueue'],
      'sqs:GetQueueAttributes': ['EventsQueue'],
      'sqs:SendMessage': ['DeliveriesQueue', 'EventsDeadLetters', 'EventsQueue', 'IngestionQueue', 'TasksQueue'],
      'dynamodb:GetItem': ['RegistryTable', 'StateTable'],
      'dynamodb:Query': ['RegistryTable', 'StateTable'],
      'dynamodb:UpdateItem': ['RegistryTable', 'StateTable'],
      'dynamodb:BatchGetItem': ['StateTable'],
      'dynamodb:BatchWriteItem': ['StateTable'],
      'dynamodb:DeleteItem': ['StateTable'],
      'dynamodb:PutItem': ['StateTable'],
      'secretsmanager:GetSecretValue': ['SecretsKeySecret'],
      's3:GetObject': [
        'AssetsBucket/attachments/*',
        'AssetsBucket/code/*',
        'AssetsBucket/geoip/City.mmdb',
        'AssetsBucket/values/*',
      ],
      's3:PutObject': ['AssetsBucket/job-payloads/*', 'AssetsBucket/values/*'],
      's3:DeleteObject': ['AssetsBucket/values/*'],
      'events:PutEvents': ['LifecycleBus'],
      'logs:CreateLogStream': ['ProcessEventsFunctionLogs'],
      'logs:PutLogEvents': ['ProcessEventsFunctionLogs'],
    });
  });

  test('has no permission beside that one policy', () => {
    const role = propertiesOfThe(template, 'AWS::IAM::Role', 'ProcessEvents');

    expect(Object.keys(role)).toEqual(['AssumeRolePolicyDocument']);
    expect(role['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }],
    });
  });

  test('writes its lines unchanged to a log group that forgets after two weeks and goes with the stack', () => {
    const [id, group] =
      Object.entries(resourcesOf(template, 'AWS::Logs::LogGroup')).find(([logicalId]) =>
        logicalId.startsWith('ProcessEvents'),
      ) ?? [];

    expect(group).toMatchObject({ DeletionPolicy: 'Delete', Properties: { RetentionInDays: 14 } });
    expect(fn['LoggingConfig']).toEqual({ LogFormat: 'Text', LogGroup: { Ref: id } });
  });

  test('is not stopped by Lambda when messages go round: it counts hops itself', () => {
    expect(fn['RecursiveLoop']).toBe('Allow');
  });
});
