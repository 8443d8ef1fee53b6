import { readFile } from 'node:fs/promises';
import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { expect, test } from 'vitest';
import { startLocalStack } from '../../../local/start-local-stack.ts';
import { temporaryDirectory } from '../../support/local-stack.ts';
import { clockedStack, reporting } from '../clocked-stack.ts';
import { functionResource, writeAssembly } from '../fixture-assembly.ts';

/** A bus of the stack's own, with a rule for failures to a queue and one for everything of `hoglet` to a function. */
const LIFECYCLE = {
  handlers: { handler: reporting() },
  resources: {
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'lifecycle' } },
    Queue: { Type: 'AWS::SQS::Queue', Properties: {} },
    Function: functionResource(),
    Failures: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: { Ref: 'Bus' },
        EventPattern: {
          source: ['hoglet'],
          'detail-type': [{ prefix: 'Export' }],
          detail: { events: [{ numeric: ['>', 1] }] },
        },
        State: 'ENABLED',
        Targets: [{ Id: 'Target0', Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
      },
    },
    All: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: { 'Fn::GetAtt': ['Bus', 'Arn'] },
        EventPattern: { source: ['hoglet'] },
        State: 'ENABLED',
        Targets: [{ Id: 'Target0', Arn: { 'Fn::GetAtt': ['Function', 'Arn'] }, InputPath: '$.detail' }],
      },
    },
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { Ref: 'Function' },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['All', 'Arn'] },
      },
    },
  },
  outputs: { QueueUrl: { Value: { Ref: 'Queue' } } },
};

const entry = (more: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
  EventBusName: 'lifecycle',
  Source: 'hoglet',
  DetailType: 'Export undelivered',
  Detail: '{"events":2}',
  ...more,
});

test('an event on a bus reaches the targets of the rules that match it, and whoever listens', async () => {
  await using own = await clockedStack(LIFECYCLE);
  const seen: string[] = [];
  own.stack().onBusEvent((busName, event) => void seen.push(`${busName}: ${event['detail-type']}`));

  const answer = await own.eventbridge().send(
    new PutEventsCommand({
      Entries: [
        entry({ Resources: ['plugin/1'], Time: new Date('2026-01-02T03:04:05Z') }),
        entry({ DetailType: 'Plugin disabled' }),
        entry({ Detail: '{"events":1}' }),
        entry({ EventBusName: 'default' }),
      ],
    }),
  );
  await own.clock.settle();

  expect(answer.FailedEntryCount).toBe(0);
  const bodies = (await own.receive(own.stack().outputs['QueueUrl'])).map((body) => JSON.parse(body));
  expect(bodies).toEqual([
    {
      version: '0',
      id: answer.Entries?.[0]?.EventId,
      'detail-type': 'Export undelivered',
      source: 'hoglet',
      account: '000000000000',
      time: '2026-01-02T03:04:05Z',
      region: 'us-east-1',
      resources: ['plugin/1'],
      detail: { events: 2 },
    },
  ]);
  await own.reported(3);
  expect(own.reports.map(({ event }) => event)).toEqual(
    expect.arrayContaining([{ events: 2 }, { events: 2 }, { events: 1 }]),
  );
  expect(seen).toHaveLength(4);
  expect(seen).toContain('lifecycle: Plugin disabled');
});

test('a log group gets events as lines of a file of its own, which no function has written', async () => {
  await using directory = await temporaryDirectory();
  const assemblyDirectory = await writeAssembly(`${directory.path}/out`, {
    resources: {
      Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/aws/events/own' } },
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['hoglet'] },
          Targets: [
            { Id: 'Log', Arn: { 'Fn::Sub': 'arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}' } },
          ],
        },
      },
    },
  });
  const lines: string[] = [];
  const stateDirectory = `${directory.path}/state`;
  const stack = await startLocalStack({
    assemblyDirectory,
    stateDirectory,
    onLogLine: ({ line }) => void lines.push(line),
  });
  const eventbridge = new EventBridgeClient({ ...stack, endpoint: stack.endpoints.eventbridge });

  await eventbridge.send(new PutEventsCommand({ Entries: [entry({ EventBusName: 'default', Detail: '{"n":1}' })] }));
  await stack.stop();

  const file = await readFile(`${stateDirectory}/logs/aws-events-own.log`, 'utf8');
  expect(
    file
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ source: 'hoglet', detail: { n: 1 } }]);
  expect(lines).toEqual([]);
});

test('an entry that is not right fails alone, with the reason', async () => {
  await using own = await clockedStack(LIFECYCLE);

  const { FailedEntryCount, Entries = [] } = await own.eventbridge().send(
    new PutEventsCommand({
      Entries: [
        entry(),
        entry({ Detail: 'no JSON' }),
        entry({ Source: undefined }),
        entry({ Source: 'aws.ec2' }),
        entry({ EventBusName: 'nobody' }),
      ],
    }),
  );

  expect(FailedEntryCount).toBe(4);
  expect(Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([
    undefined,
    'MalformedDetail',
    'InvalidArgument',
    'NotAuthorizedForSourceException',
    'ResourceNotFoundException',
  ]);
});

test('a request with too many entries, or too much in them, is refused whole', async () => {
  await using own = await clockedStack(LIFECYCLE);
  const put = (Entries: PutEventsRequestEntry[]) => own.eventbridge().send(new PutEventsCommand({ Entries }));
  const large = entry({ Detail: JSON.stringify({ text: 'x'.repeat(600_000) }) });

  await expect(put(Array.from({ length: 11 }, () => entry()))).rejects.toThrow('1 to 10');
  await expect(put([])).rejects.toThrow('1 to 10');
  await expect(put([large, large])).rejects.toMatchObject({ name: 'ValidationException' });
  expect((await put([large])).FailedEntryCount).toBe(0);
});
