import { describe, expect, test } from 'vitest';
import { ENVIRONMENT as DELIVER_ENVIRONMENT } from '../../functions/deliver-events/configuration.ts';
import { ENVIRONMENT as RETRY_ENVIRONMENT } from '../../functions/retry-export/configuration.ts';
import { hogletTemplate, permissionsOf, propertiesOfThe, variablesOf } from './hoglet-template.ts';

const template = hogletTemplate();

/** What every function that runs plugins may do. */
const OF_PLUGINS = {
  'dynamodb:GetItem': ['RegistryTable', 'StateTable'],
  'dynamodb:Query': ['RegistryTable', 'StateTable'],
  'dynamodb:UpdateItem': ['RegistryTable', 'StateTable'],
  'secretsmanager:GetSecretValue': ['SecretsKeySecret'],
  'dynamodb:BatchGetItem': ['StateTable'],
  'dynamodb:BatchWriteItem': ['StateTable'],
  'dynamodb:DeleteItem': ['StateTable'],
  'dynamodb:PutItem': ['StateTable'],
  's3:DeleteObject': ['AssetsBucket/values/*'],
};
const FILES_OF_PLUGINS = [
  'AssetsBucket/attachments/*',
  'AssetsBucket/code/*',
  'AssetsBucket/geoip/City.mmdb',
  'AssetsBucket/values/*',
];

describe('deliver-events', () => {
  const fn = propertiesOfThe(template, 'AWS::Lambda::Function', 'DeliverEvents');

  test('gets every variable that its code reads, and no other', () => {
    expect(new Set(Object.keys(variablesOf(fn)))).toEqual(new Set(Object.keys(DELIVER_ENVIRONMENT.shape)));
  });

  test('may do what its work takes, on the resources of its work, and nothing else', () => {
    expect(permissionsOf(template, 'DeliverEvents')).toEqual({
      ...OF_PLUGINS,
      's3:GetObject': FILES_OF_PLUGINS,
      's3:PutObject': ['AssetsBucket/exports/*', 'AssetsBucket/job-payloads/*', 'AssetsBucket/values/*'],
      'sqs:ReceiveMessage': ['DeliveriesQueue'],
      'sqs:DeleteMessage': ['DeliveriesQueue'],
      'sqs:GetQueueAttributes': ['DeliveriesQueue'],
      'sqs:SendMessage': ['DeliveriesDeadLetters', 'DeliveriesQueue', 'EventsQueue', 'TasksQueue'],
      'states:StartExecution': ['ExportRetryStateMachine'],
      'events:PutEvents': ['LifecycleBus'],
      'logs:CreateLogStream': ['DeliverEventsFunctionLogs'],
      'logs:PutLogEvents': ['DeliverEventsFunctionLogs'],
    });
  });

  test('gathers ten messages or ten seconds, and reports each failed message by itself', () => {
    expect(propertiesOfThe(template, 'AWS::Lambda::EventSourceMapping', 'DeliverEvents')).toMatchObject({
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 10,
      ScalingConfig: { MaximumConcurrency: 10 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('keeps a delivery hidden for six times its timeout plus the window', () => {
    const changed = hogletTemplate({ 'deliverEvents.hookTimeoutSeconds': 7, 'deliverEvents.windowSeconds': 2 });
    const { Timeout } = propertiesOfThe(changed, 'AWS::Lambda::Function', 'DeliverEvents') as { Timeout: number };

    expect(Timeout).toBe(7 * (1 + 3) + 30);
    changed.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'Hoglet-deliveries',
      VisibilityTimeout: 6 * Timeout + 2,
    });
  });
});

describe('retry-export', () => {
  const fn = propertiesOfThe(template, 'AWS::Lambda::Function', 'ExportRetry');

  test('gets every variable that its code reads, and no other', () => {
    expect(new Set(Object.keys(variablesOf(fn)))).toEqual(new Set(Object.keys(RETRY_ENVIRONMENT.shape)));
  });

  test('may read batches and make dead letters, and nothing else beside what plugins need', () => {
    expect(permissionsOf(template, 'ExportRetryFunction')).toEqual({
      ...OF_PLUGINS,
      's3:GetObject': [...FILES_OF_PLUGINS, 'AssetsBucket/exports/*'].sort(),
      's3:PutObject': ['AssetsBucket/job-payloads/*', 'AssetsBucket/values/*'],
      'sqs:SendMessage': ['DeliveriesDeadLetters', 'EventsQueue', 'TasksQueue'],
      'events:PutEvents': ['LifecycleBus'],
      'logs:CreateLogStream': ['ExportRetryFunctionLogs'],
      'logs:PutLogEvents': ['ExportRetryFunctionLogs'],
    });
  });
});

describe('the state machine export-retry', () => {
  interface Retrier {
    ErrorEquals: string[];
    IntervalSeconds: number;
    BackoffRate: number;
    MaxAttempts: number;
    MaxDelaySeconds: number;
  }
  interface State {
    Seconds?: number;
    TimeoutSeconds?: number;
    Retry: Retrier[];
    Catch?: object[];
    Next?: string;
  }
  const definitionOf = (given: typeof template) => {
    const { DefinitionString } = propertiesOfThe(given, 'AWS::StepFunctions::StateMachine', 'ExportRetry') as {
      DefinitionString: { 'Fn::Join': [string, unknown[]] };
    };
    const text = DefinitionString['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'arn')).join('');
    return JSON.parse(text) as { TimeoutSeconds: number; States: Record<string, State> };
  };
  const definition = definitionOf(template);
  const state = (name: string) => definition.States[name] as State;

  test('tries 15 times after 6, 12, 24 … seconds, at most 18,000, over 21.8 hours, for RetryError only', () => {
    const [retry] = state('Export').Retry;
    const { IntervalSeconds, BackoffRate, MaxDelaySeconds, MaxAttempts, ErrorEquals } = retry as Retrier;
    const delays = [
      state('Wait').Seconds as number,
      ...Array.from({ length: MaxAttempts }, (_, attempt) =>
        Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds),
      ),
    ];

    expect(ErrorEquals).toEqual(['RetryError']);
    expect(delays).toEqual([6, 12, 24, 48, 96, 192, 384, 768, 1536, 3072, 6144, 12_288, 18_000, 18_000, 18_000]);
    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBe(78_570);
  });

  test('gives up on any other error, and then does not end before the batch is kept', () => {
    expect(state('Export').Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Give up' }]);
    expect(state('Give up').Retry[0]?.ErrorEquals).toEqual(['States.ALL']);
    expect(state('Give up').Next).toBe('Undelivered');
  });

  test('ends after a day, or later where the function may take so long that a day is too short', () => {
    const slow = definitionOf(hogletTemplate({ 'deliverEvents.hookTimeoutSeconds': 200 }));

    expect(definition.TimeoutSeconds).toBe(86_400);
    expect(slow.TimeoutSeconds).toBe(78_570 + 16 * (200 * 4 + 30 + 30) + 250 + 3_970);
  });

  test('may invoke its function, and nothing else', () => {
    expect(permissionsOf(template, 'ExportRetryRole')).toEqual({ 'lambda:InvokeFunction': ['ExportRetryFunction'] });
  });
});
