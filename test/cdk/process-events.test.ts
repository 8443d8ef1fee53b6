import { describe, expect, test } from 'vitest';
import { ENVIRONMENT } from '../../functions/process-events/configuration.ts';
import { hogletTemplate, propertiesOf, resourcesOf } from './hoglet-template.ts';

const template = hogletTemplate();
const fn = propertiesOf(template, 'AWS::Lambda::Function');

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

function variablesOf(properties: Record<string, unknown>): Record<string, unknown> {
  return (properties['Environment'] as { Variables: Record<string, unknown> }).Variables;
}

/** Action to the resources it is allowed on, each as text: the logical id, then what follows its ARN. */
function permissions(): Map<string, string[]> {
  const { Statement } = propertiesOf(template, 'AWS::IAM::Policy')['PolicyDocument'] as { Statement: Statement[] };
  const found = new Map<string, string[]>();
  for (const { Action, Resource } of Statement) {
    const resources = [Resource].flat().map((resource) => nameOf(resource));
    for (const action of [Action].flat()) found.set(action, [...(found.get(action) ?? []), ...resources].sort());
  }
  return found;
}

/** `{Fn::GetAtt: [Id, Arn]}` and `{Fn::Join: ['', [{Fn::GetAtt: …}, '/tail']]}` as `Id` and `Id/tail`, hash removed. */
function nameOf(resource: unknown): string {
  const { 'Fn::GetAtt': attribute, 'Fn::Join': join } = resource as {
    'Fn::GetAtt'?: [string, string];
    'Fn::Join'?: [string, unknown[]];
  };
  if (attribute?.[1] === 'Arn') return attribute[0].replace(/[0-9A-F]{8}$/, '');
  if (join !== undefined) return join[1].map((part) => (typeof part === 'string' ? part : nameOf(part))).join('');
  throw new Error(`Not the ARN of a resource of this stack: ${JSON.stringify(resource)}`);
}

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
      got: propertiesOf(hogletTemplate(context), 'AWS::Lambda::Function')['Timeout'],
    }));

    for (const { timeout, got } of timeouts) expect(got).toBe(timeout);
  });

  test('keeps a message hidden for six times its timeout plus the window', () => {
    const changed = hogletTemplate({ 'processEvents.hookTimeoutSeconds': 7, 'processEvents.windowSeconds': 2 });
    const timeout = propertiesOf(changed, 'AWS::Lambda::Function')['Timeout'] as number;

    changed.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'Hoglet-events',
      VisibilityTimeout: 6 * timeout + 2,
    });
    template.hasResourceProperties('AWS::SQS::Queue', { QueueName: 'Hoglet-events', VisibilityTimeout: 901 });
  });

  test('reads events in batches of one row and reports each failed message by itself', () => {
    const row = { batchSize: 200, windowSeconds: 3, maxConcurrency: 4 };
    const context = Object.fromEntries(Object.entries(row).map(([key, value]) => [`processEvents.${key}`, value]));

    expect(propertiesOf(hogletTemplate(context), 'AWS::Lambda::EventSourceMapping')).toMatchObject({
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
      HOGLET_INGESTION_QUEUE_URL: { Ref: expect.stringMatching(/^IngestionQueue/) },
      HOGLET_REGISTRY_TABLE: { Ref: expect.stringMatching(/^RegistryTable/) },
      HOGLET_STATE_TABLE: { Ref: expect.stringMatching(/^StateTable/) },
      HOGLET_GEOIP_DATABASE: 'geoip/City.mmdb',
      HOGLET_ASSETS_BUCKET: { Ref: expect.stringMatching(/^AssetsBucket/) },
    });
  });

  test('gets every variable that its code reads, and no other', () => {
    expect(new Set(Object.keys(variablesOf(fn)))).toEqual(new Set(Object.keys(ENVIRONMENT.shape)));
  });

  test('leaves at least a third of its memory to the process around the plugins', () => {
    for (const memory of [512, 1_769, 10_240]) {
      const properties = propertiesOf(
        hogletTemplate({ 'processEvents.memoryMegabytes': memory }),
        'AWS::Lambda::Function',
      );

      expect(Number(variablesOf(properties)['HOGLET_PLUGIN_HEAP_MEGABYTES'])).toBeLessThanOrEqual((memory * 2) / 3);
    }
  });

  test('may do what its work takes, on the resources of its work, and nothing else', () => {
    expect(Object.fromEntries(permissions())).toEqual({
      'sqs:ReceiveMessage': ['EventsQueue'],
      'sqs:DeleteMessage': ['EventsQueue'],
      'sqs:GetQueueAttributes': ['EventsQueue'],
      'sqs:SendMessage': ['EventsDeadLetters', 'IngestionQueue'],
      'dynamodb:GetItem': ['RegistryTable'],
      'dynamodb:Query': ['RegistryTable'],
      'dynamodb:UpdateItem': ['RegistryTable'],
      'dynamodb:BatchGetItem': ['StateTable'],
      'dynamodb:BatchWriteItem': ['StateTable'],
      's3:GetObject': ['AssetsBucket/attachments/*', 'AssetsBucket/code/*', 'AssetsBucket/geoip/City.mmdb'],
      'logs:CreateLogStream': ['ProcessEventsFunctionLogs'],
      'logs:PutLogEvents': ['ProcessEventsFunctionLogs'],
    });
  });

  test('has no permission beside that one policy', () => {
    const role = propertiesOf(template, 'AWS::IAM::Role');

    expect(Object.keys(role)).toEqual(['AssumeRolePolicyDocument']);
    expect(role['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }],
    });
  });

  test('writes its lines unchanged to a log group that forgets after two weeks and goes with the stack', () => {
    const [id, group] = Object.entries(resourcesOf(template, 'AWS::Logs::LogGroup'))[0] ?? [];

    expect(group).toMatchObject({ DeletionPolicy: 'Delete', Properties: { RetentionInDays: 14 } });
    expect(fn['LoggingConfig']).toEqual({ LogFormat: 'Text', LogGroup: { Ref: id } });
  });

  test('is not stopped by Lambda when messages go round: it counts hops itself', () => {
    expect(fn['RecursiveLoop']).toBe('Allow');
  });
});
