import { expect, test } from 'vitest';
import { ENVIRONMENT } from '../../functions/check-updates/configuration.ts';
import { hogletTemplate, permissionsOf, propertiesOfThe, variablesOf } from './hoglet-template.ts';

const template = hogletTemplate();

test('the look for updates gets every variable that its code reads, and no other', () => {
  const variables = variablesOf(propertiesOfThe(template, 'AWS::Lambda::Function', 'CheckUpdatesFunction'));

  expect(Object.keys(variables).sort()).toEqual(Object.keys(ENVIRONMENT.shape).sort());
});

test('the look for updates may read plugins and tokens, write what it has found, and nothing else: it installs nothing', () => {
  expect(permissionsOf(template, 'CheckUpdatesFunctionRole')).toEqual({
    'dynamodb:GetItem': ['RegistryTable'],
    'dynamodb:Query': ['RegistryTable'],
    'dynamodb:UpdateItem': ['RegistryTable'],
    'logs:CreateLogStream': ['CheckUpdatesFunctionLogs'],
    'logs:PutLogEvents': ['CheckUpdatesFunctionLogs'],
    'secretsmanager:GetSecretValue': ['SecretsKeySecret'],
  });
  const { Statement } = propertiesOfThe(template, 'AWS::IAM::Policy', 'CheckUpdatesFunctionRole')['PolicyDocument'] as {
    Statement: { Action: string | string[]; Condition?: object }[];
  };
  const keysFor = (action: string) => Statement.find(({ Action }) => [Action].flat().includes(action))?.Condition;
  const only = (...kinds: string[]) => ({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': kinds } });
  expect(keysFor('dynamodb:Query')).toEqual(only('plugin', 'plugin-status', 'source-token'));
  expect(keysFor('dynamodb:UpdateItem')).toEqual(only('plugin-status'));
});

test('the look for updates happens once a day, and not without the API that shows what it finds', () => {
  const rule = propertiesOfThe(template, 'AWS::Events::Rule', 'CheckUpdates');
  const functions = hogletTemplate({ adminApi: 'false' }).findResources('AWS::Lambda::Function');

  expect(rule).toMatchObject({ ScheduleExpression: 'cron(17 4 * * ? *)', State: 'ENABLED' });
  expect(Object.keys(functions).filter((id) => id.startsWith('CheckUpdates'))).toEqual([]);
});

test('no function that runs plugins may read the tokens for their sources', () => {
  const policies = Object.values(template.findResources('AWS::IAM::Policy')) as {
    Properties: {
      Roles: { Ref: string }[];
      PolicyDocument: { Statement: { Action: string | string[]; Condition?: object }[] };
    };
  }[];
  const readers = policies
    .filter(({ Properties: { PolicyDocument } }) =>
      PolicyDocument.Statement.some(({ Action, Condition }) => {
        const isOfRegistry = [Action].flat().includes('dynamodb:Query');
        return isOfRegistry && JSON.stringify(Condition ?? {}).includes('source-token');
      }),
    )
    .map(({ Properties }) => Properties.Roles[0]?.Ref.replace(/[0-9A-F]{8}$/, ''));

  expect(readers).toEqual(['CheckUpdatesFunctionRole']);
});
