import { describe, expect, it, test } from 'vitest';
import { ENVIRONMENT } from '../../functions/admin/configuration.ts';
import { hogletTemplate, permissionsOf, propertiesOfThe, resourcesOf, variablesOf } from './hoglet-template.ts';

const template = hogletTemplate();

describe('the admin API', () => {
  test('has a URL that anybody may call, whose answers come as a whole, and which the stack tells', () => {
    expect(propertiesOfThe(template, 'AWS::Lambda::Url', 'Admin')).toMatchObject({
      AuthType: 'NONE',
      InvokeMode: 'BUFFERED',
    });
    const permissions = Object.entries(resourcesOf(template, 'AWS::Lambda::Permission')).filter(([id]) =>
      id.startsWith('Admin'),
    );
    expect(permissions.map(([, { Properties }]) => [Properties['Action'], Properties['Principal']])).toEqual([
      ['lambda:InvokeFunctionUrl', '*'],
      ['lambda:InvokeFunction', '*'],
    ]);
    // Not for whoever invokes the function otherwise.
    expect(permissions[1]?.[1].Properties).toMatchObject({ InvokedViaFunctionUrl: true });
    expect(Object.keys(template.findOutputs('AdminUrl'))).toHaveLength(1);
  });

  test('gets every variable that its code reads, and no other', () => {
    const variables = variablesOf(propertiesOfThe(template, 'AWS::Lambda::Function', 'AdminFunction'));

    expect(Object.keys(variables).sort()).toEqual(Object.keys(ENVIRONMENT.shape).sort());
  });

  test('may do what its work takes, and nothing else: it lists no bucket, scans no table, and receives nothing but dead letters', () => {
    const { 's3:PutObject': put, ...permissions } = permissionsOf(template, 'Admin');
    const bucket = 'AssetsBucket/';

    expect(put?.map((each) => each.replace(/^.*?\//, bucket)).sort()).toEqual(
      ['archives', 'attachments', 'code', 'job-payloads', 'uploads'].map((prefix) => `${bucket}${prefix}/*`),
    );
    expect(Object.keys(permissions).sort()).toEqual([
      'dynamodb:BatchWriteItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:DeleteObject',
      's3:GetObject',
      'secretsmanager:GetSecretValue',
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
    ]);
    const queues = ['Deliveries', 'Events', 'Ingestion', 'Tasks'];
    for (const action of ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'])
      expect([...new Set(permissions[`sqs:${action}`])]).toEqual(queues.map((name) => `${name}DeadLetters`));
    expect([...new Set(permissions['sqs:SendMessage'])]).toEqual(queues.map((name) => `${name}Queue`));
    expect(permissions['s3:DeleteObject']?.every((resource) => resource.endsWith('/uploads/*'))).toBe(true);
    for (const action of ['dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'])
      expect(permissions[action]?.every((resource) => resource.startsWith('Registry'))).toBe(true);
  });

  it('touches nothing of the state table but logs, metrics, and jobs that it adds', () => {
    const { PolicyDocument } = propertiesOfThe(template, 'AWS::IAM::Policy', 'Admin') as {
      PolicyDocument: { Statement: { Action: string; Resource: unknown; Condition?: unknown }[] };
    };
    const ofState = PolicyDocument.Statement.filter(({ Resource }) => JSON.stringify(Resource).includes('StateTable'));

    const only = (...partitions: string[]) => ({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
    });
    expect(ofState.map(({ Action, Condition }) => [Action, Condition])).toEqual([
      ['dynamodb:Query', only('plugin-log#*', 'plugin-metrics#*')],
      ['dynamodb:BatchWriteItem', only('jobs#*')],
    ]);
  });

  it('is not there when it is switched off: no function, no URL, no output', () => {
    const without = hogletTemplate({ adminApi: 'false' });

    expect(without.findResources('AWS::Lambda::Url')).toEqual({});
    expect(Object.keys(without.findResources('AWS::Lambda::Function')).filter((id) => id.startsWith('Admin'))).toEqual(
      [],
    );
    expect(without.findOutputs('AdminUrl')).toEqual({});
  });
});
