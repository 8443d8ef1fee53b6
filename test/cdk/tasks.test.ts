import { describe, expect, test } from 'vitest';
import { ENVIRONMENT as DISPATCH } from '../../functions/dispatch-jobs/configuration.ts';
import { ENVIRONMENT as RUN } from '../../functions/run-tasks/configuration.ts';
import { ENVIRONMENT as SCHEDULE } from '../../functions/schedule-tasks/configuration.ts';
import { hogletTemplate, propertiesOfThe, resourcesOf, variablesOf } from './hoglet-template.ts';

const template = hogletTemplate();

const PLUGIN_FUNCTIONS = ['ProcessEvents', 'DeliverEvents', 'ExportRetry', 'RunTasks'].map((part) => `${part}Function`);

const variables = (prefix: string) => variablesOf(propertiesOfThe(template, 'AWS::Lambda::Function', prefix));

/** Actions on the resource whose logical id, which is part of the text of an ARN, begins so. */
function actionsOn(fn: string, resource: string): string[] {
  const policy = propertiesOfThe(template, 'AWS::IAM::Policy', fn)['PolicyDocument'] as {
    Statement: { Action: string | string[]; Resource: unknown }[];
  };
  return policy.Statement.filter(({ Resource }) => JSON.stringify(Resource).includes(`"${resource}`))
    .flatMap(({ Action }) => Action)
    .sort();
}

describe('jobs and scheduled tasks', () => {
  test.each<[string, object]>([
    ['RunTasks', RUN.shape],
    ['DispatchJobs', DISPATCH.shape],
    ['ScheduleTasks', SCHEDULE.shape],
  ])('%s gets every variable that its code reads, and no other', (fn, shape) => {
    expect(Object.keys(variables(`${fn}Function`)).sort()).toEqual(Object.keys(shape).sort());
  });

  test('functions may do what their work takes, and nothing else', () => {
    expect({
      run: [actionsOn('RunTasks', 'StateTable'), actionsOn('RunTasks', 'TasksQueue')],
      dispatch: [actionsOn('DispatchJobs', 'StateTable'), actionsOn('DispatchJobs', 'TasksQueue')],
      schedule: [actionsOn('ScheduleTasks', 'StateTable'), actionsOn('ScheduleTasks', 'RegistryTable')],
    }).toEqual({
      run: [
        ['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
          (name) => `dynamodb:${name}`,
        ),
        ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage', 'SendMessage'].map((name) => `sqs:${name}`),
      ],
      dispatch: [
        ['BatchWriteItem', 'GetItem', 'Query', 'UpdateItem'].map((name) => `dynamodb:${name}`),
        ['sqs:SendMessage'],
      ],
      schedule: [
        ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        ['dynamodb:GetItem', 'dynamodb:Query'],
      ],
    });
    expect(actionsOn('DispatchJobs', 'RegistryTable')).toEqual([]);
    expect(actionsOn('ScheduleTasks', 'AssetsBucket')).toEqual([]);
  });

  test('rules ask each minute, hour and day, and jobs are looked for each minute', () => {
    const ofTasks = Object.entries(resourcesOf(template, 'AWS::Events::Rule')).filter(([id]) =>
      /^(ScheduleTasks|DispatchJobs)/.test(id),
    );
    const rules = ofTasks.map(([, { Properties }]) => {
      const [{ Input = '' } = {}] = Properties['Targets'] as { Input?: string }[];
      return `${Input} ${String(Properties['ScheduleExpression'])}`;
    });

    expect(rules.sort()).toEqual([
      ' cron(* * * * ? *)',
      '{"hook":"runEveryDay"} cron(0 0 * * ? *)',
      '{"hook":"runEveryHour"} cron(0 * * * ? *)',
      '{"hook":"runEveryMinute"} cron(* * * * ? *)',
    ]);
  });

  test('a task that is being run is hidden for six times the timeout, and becomes a dead letter after five times', () => {
    const changed = hogletTemplate({ 'runTasks.hookTimeoutSeconds': 5, 'runTasks.maxReceiveCount': 7 });

    expect(propertiesOfThe(changed, 'AWS::Lambda::Function', 'RunTasks')['Timeout']).toBe(5 * 4 + 30);
    expect(propertiesOfThe(changed, 'AWS::SQS::Queue', 'TasksQueue')).toMatchObject({
      QueueName: 'Hoglet-tasks',
      VisibilityTimeout: 6 * 50,
      RedrivePolicy: { maxReceiveCount: 7 },
    });
  });

  test.each(PLUGIN_FUNCTIONS)(
    '%s can queue what plugins capture, up to the limit, and is not stopped by Lambda when that goes round',
    (fn) => {
      const changed = hogletTemplate({ captureHopLimit: 3 });
      const properties = propertiesOfThe(changed, 'AWS::Lambda::Function', fn);

      expect(actionsOn(fn, 'EventsQueue')).toContain('sqs:SendMessage');
      expect(variablesOf(properties)).toMatchObject({
        HOGLET_EVENTS_QUEUE_URL: { Ref: expect.stringMatching(/^EventsQueue/) },
        HOGLET_CAPTURE_HOP_LIMIT: '3',
      });
      expect(properties['RecursiveLoop']).toBe('Allow');
    },
  );

  test('functions that run plugins can enqueue jobs, large ones too', () => {
    for (const fn of PLUGIN_FUNCTIONS) {
      expect(variables(fn)).toHaveProperty('HOGLET_TASKS_QUEUE_URL');
      expect(actionsOn(fn, 'AssetsBucket')).toContain('s3:PutObject');
    }
  });
});
