import { describe, expect, test } from 'vitest';
import { hogletTemplate, propertiesOf, propertiesOfThe, resourcesOf, variablesOf } from './hoglet-template.ts';

const template = hogletTemplate();

interface Statement {
  Action: string;
  Condition?: object;
}

function putStatement(fn: string): Statement | undefined {
  const policy = propertiesOfThe(template, 'AWS::IAM::Policy', fn)['PolicyDocument'] as { Statement: Statement[] };
  return policy.Statement.find(({ Action }) => Action === 'events:PutEvents');
}

describe('the bus for lifecycle events', () => {
  test('is named after the stack, and so is the log group', () => {
    const renamed = hogletTemplate({ stackName: 'Other', logRetentionDays: 30 });

    expect(propertiesOf(renamed, 'AWS::Events::EventBus')).toMatchObject({ Name: 'Other-lifecycle' });
    expect(propertiesOfThe(renamed, 'AWS::Logs::LogGroup', 'Lifecycle')).toEqual({
      LogGroupName: '/aws/events/Other-lifecycle',
      RetentionInDays: 30,
    });
  });

  test('is written to a log group, whole, by a rule that nobody can pose as', () => {
    const rule = propertiesOfThe(template, 'AWS::Events::Rule', 'Lifecycle');
    const [busId] = Object.keys(resourcesOf(template, 'AWS::Events::EventBus'));
    const [groupId] = Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup')).filter((id) =>
      id.startsWith('Lifecycle'),
    );
    const policy = JSON.stringify(propertiesOf(template, 'AWS::Logs::ResourcePolicy')['PolicyDocument']);

    expect(rule).toMatchObject({
      EventBusName: { Ref: busId },
      EventPattern: { source: ['hoglet'] },
      State: 'ENABLED',
      Targets: [{ Arn: { 'Fn::Join': ['', expect.arrayContaining([':log-group:', { Ref: groupId }])] } }],
    });
    expect(rule['Targets']).not.toMatchObject([{ RoleArn: expect.anything() }]);
    expect(policy).toContain('aws:SourceArn');
    expect(policy).toContain('events.amazonaws.com');
  });

  test.each(['ProcessEvents', 'DeliverEvents', 'ExportRetry', 'RunTasks'])(
    '%s may put events of Hoglet on it, of no other source, and is told its name',
    (part) => {
      const fn = propertiesOfThe(template, 'AWS::Lambda::Function', `${part}Function`);

      expect(putStatement(`${part}Function`)).toMatchObject({
        Condition: { 'ForAllValues:StringEquals': { 'events:source': 'hoglet' } },
      });
      expect(variablesOf(fn)['HOGLET_LIFECYCLE_BUS']).toEqual({ Ref: expect.stringMatching(/^LifecycleBus/) });
    },
  );

  test.each(['DispatchJobs', 'ScheduleTasks'])('%s gives nothing up, and may not', (part) => {
    expect(putStatement(`${part}Function`)).toBeUndefined();
  });
});
