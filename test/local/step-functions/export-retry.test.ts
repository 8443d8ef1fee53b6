import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { clockedStack, MONDAY, reporting } from '../clocked-stack.ts';
import { functionResource } from '../fixture-assembly.ts';

const HOUR = 3_600_000;

/** As the CDK renders a LambdaInvoke with a Retry and a Catch. */
const DEFINITION = [
  '{"StartAt":"First wait","States":{"First wait":{"Type":"Wait","Seconds":6,"Next":"Export"},',
  '"Export":{"End":true,"Retry":[{"ErrorEquals":["Lambda.ClientExecutionTimeoutException","Lambda.ServiceException",',
  '"Lambda.AWSLambdaException","Lambda.SdkClientException"],"IntervalSeconds":2,"MaxAttempts":6,"BackoffRate":2},',
  '{"ErrorEquals":["RetryError"],"IntervalSeconds":12,"MaxAttempts":14,"BackoffRate":2,"MaxDelaySeconds":18000,',
  '"JitterStrategy":"NONE"}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"Undelivered"}],',
  '"Type":"Task","TimeoutSeconds":300,"ResultPath":"$.result","Resource":"arn:',
  { Ref: 'AWS::Partition' },
  ':states:::lambda:invoke","Parameters":{"FunctionName":"',
  { 'Fn::GetAtt': ['Exporter', 'Arn'] },
  '","Payload":{"batch.$":"$.batch","attempt.$":"$$.State.RetryCount","name.$":"$$.Execution.Name"}}},',
  '"Undelivered":{"End":true,"Type":"Task","Resource":"',
  { 'Fn::GetAtt': ['Undelivered', 'Arn'] },
  '"}},"TimeoutSeconds":86400}',
];

const exporter = (source: string) => ({
  handlers: { handler: reporting(source), undelivered: reporting('return { kept: event.batch };') },
  resources: {
    Exporter: functionResource(),
    Undelivered: functionResource({ Code: { S3Key: 'undelivered.zip' } }),
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: { DefinitionString: { 'Fn::Join': ['', DEFINITION] } },
    },
  },
  outputs: { MachineArn: { Value: { Ref: 'Machine' } } },
});

test('fifteen retries run at their hours of a day, in seconds, and what is never delivered is caught', async () => {
  await using own = await clockedStack(exporter("throw Object.assign(new Error('not now'), { name: 'RetryError' });"));
  const { executionArn } = await own.sfn().send(
    new StartExecutionCommand({
      stateMachineArn: own.stack().outputs['MachineArn'],
      name: 'batch-1',
      input: '{"batch":"b"}',
    }),
  );

  await own.clock.advance(24 * HOUR);
  await own.reported(16);

  const attempts = own.reports.filter(({ event }) => Object.hasOwn(event as object, 'attempt'));
  expect(attempts.map(({ event }) => event)).toEqual(
    Array.from({ length: 15 }, (_, attempt) => ({ batch: 'b', attempt, name: 'batch-1' })),
  );
  // 6, 12, 24 … s, at most 18,000 s: 21.8 hours in all. The attempts themselves take milliseconds.
  let expected = MONDAY;
  for (const [index, { at }] of attempts.entries()) {
    expected += Math.min(6 * 2 ** index, 18_000) * 1000;
    const lateSeconds = (Number(at) - expected) / 1000;
    expect(lateSeconds).toBeGreaterThanOrEqual(0);
    expect(lateSeconds).toBeLessThan(5);
  }
  const execution = await own.sfn().send(new DescribeExecutionCommand({ executionArn }));
  expect(execution).toMatchObject({ status: 'SUCCEEDED', output: '{"kept":"b"}' });
  expect(own.reports.at(-1)?.['event']).toMatchObject({ batch: 'b', error: { Error: 'RetryError' } });
  // The wait, fifteen attempts and what catches: each is paid for.
  expect(own.transitions()).toBe(17);
});

test('a retry that succeeds ends the execution, and an error of another name is not retried', async () => {
  await using own = await clockedStack(
    exporter(
      "if (event.batch === 'bad') throw new Error('broken'); if (event.attempt < 2) throw Object.assign(new Error('not now'), { name: 'RetryError' });",
    ),
  );
  const start = (batch: string) =>
    own.sfn().send(
      new StartExecutionCommand({
        stateMachineArn: own.stack().outputs['MachineArn'],
        name: batch,
        input: JSON.stringify({ batch }),
      }),
    );
  const executions = await Promise.all([start('good'), start('bad')]);

  await own.clock.advance(HOUR);

  const [good, bad] = await Promise.all(
    executions.map(({ executionArn }) => own.sfn().send(new DescribeExecutionCommand({ executionArn }))),
  );
  expect(JSON.parse(good?.output ?? '')).toMatchObject({ batch: 'good', result: { StatusCode: 200, Payload: null } });
  expect(bad).toMatchObject({ status: 'SUCCEEDED', output: '{"kept":"bad"}' });
  await own.reported(5);
  expect(own.reports.filter(({ event }) => (event as { batch: string }).batch === 'bad')).toHaveLength(2);
});

test('an execution goes on after a restart, at its own time, and no attempt is made twice', async () => {
  await using own = await clockedStack(exporter("throw Object.assign(new Error('not now'), { name: 'RetryError' });"));
  const stateMachineArn = own.stack().outputs['MachineArn'];
  const { executionArn } = await own.sfn().send(new StartExecutionCommand({ stateMachineArn, input: '{"batch":"b"}' }));
  await own.clock.advance(2 * HOUR);
  await own.reported(10);
  const before = own.reports.length;

  await own.restart(HOUR);
  await own.clock.advance(HOUR);
  await own.reported(11);

  const at = own.reports.map((report) => Number(report['at']) - MONDAY);
  // Attempts are due 6, 18, 42 … 6,138 s after the start, then 12,282 s: after the restart, at its own time.
  expect(before).toBe(10);
  expect(at).toHaveLength(11);
  expect(Math.abs(Number(at.at(-1)) / 1000 - 12_282)).toBeLessThan(10);
  expect(await own.sfn().send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({ status: 'RUNNING' });
});
