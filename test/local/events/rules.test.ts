import { DisableRuleCommand, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { expect, test } from 'vitest';
import type { TemplateResource } from '../../../local/template/template.ts';
import { clockedStack, MONDAY, reporting } from '../clocked-stack.ts';
import { functionResource } from '../fixture-assembly.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const rule = (
  schedule: string,
  target: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): TemplateResource => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    ScheduleExpression: schedule,
    State: 'ENABLED',
    Targets: [{ Id: 'Target0', Arn: { 'Fn::GetAtt': ['Function', 'Arn'] }, ...target }],
    ...more,
  },
});

/** Lets every rule of the template invoke the function. */
const PERMISSION: TemplateResource = {
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: { 'Fn::GetAtt': ['Function', 'Arn'] },
    Principal: 'events.amazonaws.com',
    SourceArn: 'arn:aws:events:us-east-1:000000000000:rule/*',
  },
};

const scheduled = (rules: Record<string, TemplateResource>, source = '') => ({
  handlers: { handler: reporting(source) },
  resources: { Function: functionResource(), Permission: PERMISSION, ...rules },
});

test('a month of schedules passes in seconds, each tick at its time, and functions see the time it is', async () => {
  await using own = await clockedStack(
    scheduled({
      Hourly: rule('rate(1 hour)', { Input: '{"cadence":"hour"}' }),
      Daily: rule('rate(1 day)', { Input: '{"cadence":"day"}' }),
      Mornings: rule('cron(30 8 ? * MON-FRI *)'),
      Off: rule('rate(1 hour)', { Input: '{"cadence":"never"}' }, { State: 'DISABLED' }),
    }),
  );

  await own.clock.advance(30 * DAY + MINUTE);

  const ticks = 30 * 24 + 30 + 22;
  await own.reported(ticks);
  const of = (cadence: string) =>
    own.reports.filter(({ event }) => (event as { cadence?: string }).cadence === cadence);
  expect(of('hour')).toHaveLength(30 * 24);
  expect(of('day')).toHaveLength(30);
  expect(own.reports).toHaveLength(ticks);
  for (const [index, { at, secondsLeft }] of of('day').entries()) {
    expect(Math.abs(Number(at) - MONDAY - (index + 1) * DAY)).toBeLessThan(20_000);
    expect(secondsLeft).toBe(1);
  }
  const mornings = own.reports.map(({ event }) => event as Record<string, unknown>).filter(({ source }) => source);
  expect(mornings[0]).toMatchObject({
    version: '0',
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    time: '2026-03-02T08:30:00Z',
    resources: ['arn:aws:events:us-east-1:000000000000:rule/Test-Mornings'],
    detail: {},
  });
  expect(mornings.map(({ time }) => new Date(String(time)).getUTCDay())).not.toContain(6);
  expect(own.problems).toEqual([]);
});

test('rules can be listed and switched off through the API', async () => {
  await using own = await clockedStack(scheduled({ Hourly: rule('rate(1 hour)') }));

  const list = async () => (await own.eventbridge().send(new ListRulesCommand({}))).Rules;
  const before = await list();
  await own.eventbridge().send(new DisableRuleCommand({ Name: 'Test-Hourly' }));
  await own.clock.advance(DAY);

  expect(own.reports).toEqual([]);
  expect(before).toMatchObject([{ Name: 'Test-Hourly', State: 'ENABLED', ScheduleExpression: 'rate(1 hour)' }]);
  expect(await list()).toMatchObject([{ Name: 'Test-Hourly', State: 'DISABLED' }]);
});

test('a rate runs on over a restart, and what it missed meanwhile is not made up for', async () => {
  await using own = await clockedStack(scheduled({ Daily: rule('rate(1 day)') }));
  await own.clock.advance(20 * HOUR);

  await own.restart(0);
  await own.clock.advance(5 * HOUR);
  await own.restart(3 * DAY);
  await own.clock.advance(24 * HOUR);

  await own.reported(2);
  const times = own.reports.map(({ event }) => (event as { time: string }).time);
  expect(times.map((time) => Math.round((Date.parse(time) - MONDAY) / HOUR))).toEqual([24, 5 * 24]);
});

test('a function that fails is tried again after one minute and after two more, then its event is given up', async () => {
  await using own = await clockedStack({
    ...scheduled({}, "throw new Error('broken');"),
    resources: {
      ...scheduled({ Daily: rule('rate(1 day)', { Input: '{"for":"Function"}' }) }).resources,
      Function: functionResource({ DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } } }),
      DeadLetters: { Type: 'AWS::SQS::Queue', Properties: {} },
      Failures: { Type: 'AWS::SQS::Queue', Properties: {} },
      Config: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: {
          FunctionName: { Ref: 'Function' },
          Qualifier: '$LATEST',
          MaximumRetryAttempts: 2,
          DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Failures', 'Arn'] } } },
        },
      },
    },
    outputs: { DeadLettersUrl: { Value: { Ref: 'DeadLetters' } }, FailuresUrl: { Value: { Ref: 'Failures' } } },
  });

  await own.clock.advance(DAY + 10 * MINUTE);

  await own.reported(3);
  const [first, ...later] = own.reports.map(({ at }) => Number(at));
  expect(later.map((at) => Math.round((at - Number(first)) / MINUTE))).toEqual([1, 3]);
  expect(await own.receive(own.stack().outputs['DeadLettersUrl'])).toEqual(['{"for":"Function"}']);
  const [record = ''] = await own.receive(own.stack().outputs['FailuresUrl']);
  expect(JSON.parse(record)).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: { for: 'Function' },
    responsePayload: { errorType: 'Error', errorMessage: 'broken' },
  });
});

test('an event that has become too old is not tried again', async () => {
  const parts = scheduled({ Daily: rule('rate(1 day)') }, "throw new Error('broken');");
  await using own = await clockedStack({
    ...parts,
    resources: {
      ...parts.resources,
      Config: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: { FunctionName: { Ref: 'Function' }, Qualifier: '$LATEST', MaximumEventAgeInSeconds: 100 },
      },
    },
  });

  await own.clock.advance(DAY + 10 * MINUTE);

  await own.reported(2);
  expect(own.reports).toHaveLength(2);
  expect(own.problems).toEqual([expect.stringContaining('given up after 2 tries (EventAgeExceeded)')]);
});

test('without a permission of its own the rule does not reach the function, and says so in the dead letters', async () => {
  const parts = scheduled({
    Daily: rule('rate(1 day)', { DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } } }),
    Other: rule('rate(1 day)'),
    Permission: {
      ...PERMISSION,
      Properties: { ...PERMISSION.Properties, SourceArn: { 'Fn::GetAtt': ['Other', 'Arn'] } },
    },
    DeadLetters: { Type: 'AWS::SQS::Queue', Properties: {} },
  });
  await using own = await clockedStack({ ...parts, outputs: { Url: { Value: { Ref: 'DeadLetters' } } } });

  await own.clock.advance(DAY + MINUTE);

  await own.reported(1);
  expect(own.reports.map(({ event }) => (event as { resources: string[] }).resources)).toEqual([
    ['arn:aws:events:us-east-1:000000000000:rule/Test-Other'],
  ]);
  const [letter = ''] = await own.receive(own.stack().outputs['Url']);
  expect(JSON.parse(letter)).toMatchObject({ 'detail-type': 'Scheduled Event' });
  expect(own.problems).toEqual([
    expect.stringContaining('No AWS::Lambda::Permission lets events.amazonaws.com invoke'),
  ]);
});

const TARGETS = (Arn: unknown, more: object = {}) => ({ Targets: [{ Id: 'x', Arn, ...more }] });
const DAILY = { ScheduleExpression: 'rate(1 day)' };

test.each<[string, Record<string, unknown>, string]>([
  [
    'a schedule it does not know',
    { ScheduleExpression: 'at(2026-01-01T00:00:00)' },
    'Rule: "at(2026-01-01T00:00:00)" is no schedule',
  ],
  [
    'a matcher it does not know',
    { EventPattern: { source: [{ wildcard: 'h*' }] } },
    'Rule: EventPattern.source: matcher wildcard is not honoured',
  ],
  ['neither a schedule nor a pattern', {}, 'Rule: a rule needs a ScheduleExpression or an EventPattern'],
  [
    'a target of another service',
    { ...DAILY, ...TARGETS('arn:aws:sns:us-east-1:0:t') },
    'Targets x: Arn arn:aws:sns:us-east-1:0:t is not honoured',
  ],
  [
    'a function that is not there',
    { ...DAILY, ...TARGETS('arn:aws:lambda:us-east-1:0:function:stranger') },
    'is no function of this stack',
  ],
  [
    'an input transformer',
    { ...DAILY, ...TARGETS('arn', { InputTransformer: {} }) },
    'property Targets[0].InputTransformer is not honoured',
  ],
  ['a bus that is not there', { ...DAILY, EventBusName: 'nobody' }, 'EventBusName nobody is no bus of this stack'],
])('%s is refused by name', async (_title, properties, message) => {
  const fixture = scheduled({ Rule: { Type: 'AWS::Events::Rule', Properties: properties } });

  await expect(clockedStack(fixture)).rejects.toThrow(message);
});
