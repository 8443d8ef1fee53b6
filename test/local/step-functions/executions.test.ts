import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import type { ClockedStack } from '../clocked-stack.ts';
import { clockedStack, MONDAY, reporting } from '../clocked-stack.ts';
import { functionResource } from '../fixture-assembly.ts';

const MINUTE = 60_000;

const machine = (definition: object, properties: Record<string, unknown> = {}) => ({
  handlers: { handler: reporting("if (event.fail) throw new TypeError('broken'); return { doubled: event.n * 2 };") },
  resources: {
    Function: functionResource(),
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'machine',
        DefinitionString: JSON.stringify(definition),
        RoleArn: 'arn:aws:iam::000000000000:role/any',
        ...properties,
      },
    },
  },
  outputs: { MachineArn: { Value: { 'Fn::GetAtt': ['Machine', 'Arn'] } } },
});

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:Test-Function';
const WAITING = {
  StartAt: 'Wait',
  TimeoutSeconds: 7200,
  States: {
    Wait: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Double' },
    Double: { Type: 'Task', Resource: FUNCTION_ARN, End: true },
  },
};

const start = (own: ClockedStack, input: object | string, name?: string) =>
  own.sfn().send(
    new StartExecutionCommand({
      stateMachineArn: own.stack().outputs['MachineArn'],
      input: typeof input === 'string' ? input : JSON.stringify(input),
      name,
    }),
  );
const describe = (own: ClockedStack, executionArn: string | undefined) =>
  own.sfn().send(new DescribeExecutionCommand({ executionArn }));

test('an execution can be started and looked at while it waits and when it has ended', async () => {
  await using own = await clockedStack(machine(WAITING));

  const { executionArn } = await start(own, { seconds: 60, n: 21 }, 'first');
  const waiting = await describe(own, executionArn);
  await own.clock.advance(2 * MINUTE);
  const ended = await describe(own, executionArn);

  expect(executionArn).toBe('arn:aws:states:us-east-1:000000000000:execution:machine:first');
  expect(waiting).toMatchObject({ status: 'RUNNING', name: 'first', input: '{"seconds":60,"n":21}' });
  expect(waiting.stopDate).toBeUndefined();
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: '{"doubled":42}' });
  expect(Math.round((Number(ended.startDate) - MONDAY) / MINUTE)).toBe(0);
  expect(Math.round((Number(ended.stopDate) - MONDAY) / MINUTE)).toBe(1);
});

test('the same name with the same input starts no second execution, and none at all once it has ended', async () => {
  await using own = await clockedStack(machine(WAITING));
  const input = { seconds: 60, n: 1 };
  const first = await start(own, input, 'batch');

  const again = await start(own, input, 'batch');
  const other = start(own, { seconds: 61 }, 'batch');

  expect(again).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
  await expect(other).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  await own.clock.advance(2 * MINUTE);
  await expect(start(own, input, 'batch')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  await own.restart();
  await expect(start(own, input, 'batch')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  await own.reported(1);
  expect(own.reports).toHaveLength(1);
});

test('what a function throws ends the execution with its type, and with its details as the cause', async () => {
  await using own = await clockedStack(machine(WAITING));
  const { executionArn } = await start(own, { seconds: 0, fail: true });
  await own.clock.settle();

  const { status, error, cause = '' } = await describe(own, executionArn);

  expect({ status, error }).toEqual({ status: 'FAILED', error: 'TypeError' });
  expect(JSON.parse(cause)).toMatchObject({ errorType: 'TypeError', errorMessage: 'broken' });
});

test('a function that is too slow fails as Lambda says', async () => {
  const parts = machine(WAITING);
  await using own = await clockedStack({
    ...parts,
    handlers: { handler: 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));' },
  });
  const { executionArn } = await start(own, { seconds: 0 });
  await own.clock.settle();

  expect(await describe(own, executionArn)).toMatchObject({ status: 'FAILED', error: 'Sandbox.Timedout' });
});

test('an execution ends at the state machine’s TimeoutSeconds', async () => {
  await using own = await clockedStack(machine(WAITING));
  const { executionArn } = await start(own, { seconds: 86_400 });

  await own.clock.advance(121 * MINUTE);

  expect(await describe(own, executionArn)).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
});

test('an execution that is stopped does nothing any more', async () => {
  await using own = await clockedStack(machine(WAITING));
  const { executionArn } = await start(own, { seconds: 60 });

  await own.sfn().send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause: 'by hand' }));
  await own.clock.advance(10 * MINUTE);

  expect(await describe(own, executionArn)).toMatchObject({ status: 'ABORTED', error: 'Stopped', cause: 'by hand' });
  await own.restart();
  expect((await describe(own, executionArn)).status).toBe('ABORTED');
  expect(own.reports).toEqual([]);
});

test('executions are listed newest first, by status, a page at a time', async () => {
  await using own = await clockedStack(machine(WAITING));
  for (const [index, seconds] of [0, 0, 3600].entries()) {
    await start(own, { seconds, n: 1 }, `run-${index}`);
    await own.clock.advance(1000);
  }
  const list = (more: object) =>
    own.sfn().send(new ListExecutionsCommand({ stateMachineArn: own.stack().outputs['MachineArn'], ...more }));

  const first = await list({ maxResults: 2 });
  const second = await list({ maxResults: 2, nextToken: first.nextToken });
  const running = await list({ statusFilter: 'RUNNING' });

  expect(first.executions?.map(({ name }) => name)).toEqual(['run-2', 'run-1']);
  expect(second.executions?.map(({ name }) => name)).toEqual(['run-0']);
  expect(second.nextToken).toBeUndefined();
  expect(running.executions?.map(({ name }) => name)).toEqual(['run-2']);
});

test('requests that are not right are refused as Step Functions does', async () => {
  await using own = await clockedStack(machine(WAITING));
  const stranger = new StartExecutionCommand({
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:no',
  });

  await expect(own.sfn().send(stranger)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  await expect(describe(own, 'arn:nothing')).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
  await expect(start(own, {}, 'a b')).rejects.toMatchObject({ name: 'InvalidName' });
  await expect(start(own, {}, 'x'.repeat(81))).rejects.toMatchObject({ name: 'InvalidName' });
  await expect(start(own, 'no JSON')).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  await expect(start(own, JSON.stringify('x'.repeat(262_144)))).rejects.toMatchObject({
    name: 'InvalidExecutionInput',
  });
});

test('a function of the stack starts executions and puts events where its environment says', async () => {
  const parts = machine(WAITING);
  const call = (variable: string, target: string, version: string, body: string) => `
    await fetch(process.env.${variable}, { method: 'POST', body: JSON.stringify(${body}),
      headers: { 'x-amz-target': '${target}', 'content-type': 'application/x-amz-json-${version}' } })
      .then(async (response) => { if (!response.ok) throw new Error(await response.text()); });`;
  await using own = await clockedStack({
    ...parts,
    handlers: {
      ...parts.handlers,
      starter: `export const handler = async () => {
        ${call('AWS_ENDPOINT_URL_SFN', 'AWSStepFunctions.StartExecution', '1.0', '{ stateMachineArn: process.env.MACHINE, name: \'own\', input: \'{"seconds":1,"n":2}\' }')}
        ${call('AWS_ENDPOINT_URL_EVENTBRIDGE', 'AWSEvents.PutEvents', '1.1', "{ Entries: [{ Source: 'own', DetailType: 'started', Detail: '{}' }] }")}
      };`,
    },
    resources: {
      ...parts.resources,
      Starter: functionResource({
        Code: { S3Key: 'starter.zip' },
        Environment: { Variables: { MACHINE: { Ref: 'Machine' } } },
      }),
    },
  });
  const events: string[] = [];
  own.stack().onBusEvent((_bus, event) => void events.push(event['detail-type']));

  const result = await own
    .stack()
    .functions.find(({ logicalId }) => logicalId === 'Starter')
    ?.invoke('{}');
  await own.clock.advance(MINUTE);

  expect(result).toEqual({ payload: 'null' });
  const arn = 'arn:aws:states:us-east-1:000000000000:execution:machine:own';
  expect(await describe(own, arn)).toMatchObject({ status: 'SUCCEEDED', output: '{"doubled":4}' });
  expect(events).toEqual(['started']);
});

test.each<[string, Record<string, unknown>, string]>([
  ['an express workflow', { StateMachineType: 'EXPRESS' }, 'StateMachineType is "EXPRESS"'],
  ['a definition in a bucket', { DefinitionS3Location: {} }, 'property DefinitionS3Location is not honoured'],
  [
    'another service',
    {
      DefinitionString:
        '{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","End":true}}}',
    },
    'A: Resource arn:aws:states:::sns:publish is not honoured here',
  ],
  [
    'a function of another stack',
    {
      DefinitionString:
        '{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:no","End":true}}}',
    },
    'A: arn:aws:lambda:us-east-1:1:function:no is no function of this stack',
  ],
  ['no JSON', { DefinitionString: 'x' }, 'DefinitionString is not JSON'],
])('%s is refused by name', async (_title, properties, message) => {
  await expect(clockedStack(machine(WAITING, properties))).rejects.toThrow(message);
});
