import { expect, test } from 'vitest';
import { ENVIRONMENT } from '../../functions/sweep-state/configuration.ts';
import { hogletTemplate, permissionsOf, propertiesOfThe, variablesOf } from './hoglet-template.ts';

const template = hogletTemplate();

test('the sweep gets every variable that its code reads, and no other', () => {
  const variables = variablesOf(propertiesOfThe(template, 'AWS::Lambda::Function', 'SweepStateFunction'));

  expect(Object.keys(variables).sort()).toEqual(Object.keys(ENVIRONMENT.shape).sort());
});

test('the sweep may list and delete what plugins leave behind, look at items, and nothing else: it reads no object', () => {
  expect(permissionsOf(template, 'SweepStateFunctionRole')).toEqual({
    'dynamodb:BatchGetItem': ['StateTable'],
    'logs:CreateLogStream': ['SweepStateFunctionLogs'],
    'logs:PutLogEvents': ['SweepStateFunctionLogs'],
    's3:ListBucket': ['AssetsBucket'],
    's3:DeleteObject': ['AssetsBucket/job-payloads/*', 'AssetsBucket/values/*'],
  });
  const { Statement } = propertiesOfThe(template, 'AWS::IAM::Policy', 'SweepStateFunctionRole')['PolicyDocument'] as {
    Statement: { Action: string; Condition?: unknown }[];
  };
  expect(Statement.find(({ Action }) => Action === 's3:ListBucket')?.Condition).toEqual({
    StringEquals: { 's3:prefix': ['values/', 'job-payloads/'] },
  });
});

test('the sweep is called once a day', () => {
  expect(propertiesOfThe(template, 'AWS::Events::Rule', 'SweepState')).toMatchObject({
    ScheduleExpression: 'cron(30 3 * * ? *)',
    State: 'ENABLED',
  });
});
