import { expect, test } from 'vitest';
import { createTableCalls } from '../../../shared/state/table-calls.ts';

type Outcome = object | Error;

/** A table that answers one call after the other with these, and then with the last one; the clock moves while it waits. */
function scriptedTable(outcomes: [Outcome, ...Outcome[]], deadline?: number) {
  let time = 1000;
  let calls = 0;
  const waits: number[] = [];
  const table = createTableCalls({
    dynamodb: {
      send: (async () => {
        const outcome = outcomes[Math.min(calls++, outcomes.length - 1)];
        if (outcome instanceof Error) throw outcome;
        return outcome;
      }) as never,
    },
    table: 'table',
    now: () => time,
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
      time += milliseconds;
    },
    ...(deadline === undefined ? {} : { deadline: () => deadline }),
  });
  return { table, waits, calls: () => calls };
}

function awsError(name: string, status: number): Error {
  return Object.assign(new Error('Because'), { name, $metadata: { httpStatusCode: status } });
}

const KEY = { pk: 'p', sk: 's' };

test.each([
  awsError('ProvisionedThroughputExceededException', 400),
  awsError('ThrottlingException', 400),
  awsError('RequestLimitExceeded', 400),
  awsError('TransactionConflictException', 400),
  awsError('InternalServerError', 500),
  awsError('ServiceUnavailable', 503),
  Object.assign(new Error('No answer'), { name: 'TimeoutError' }),
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
])('a call that fails with %s is sent again, after longer and longer waits', async (error) => {
  const { table, waits } = scriptedTable([error, error, error, { Item: { ...KEY, value: 'x' } }]);

  expect(await table.get(KEY)).toEqual({ ...KEY, value: 'x' });
  expect(waits).toEqual([50, 100, 200]);
});

test.each([
  awsError('ValidationException', 400),
  awsError('AccessDeniedException', 400),
  awsError('ResourceNotFoundException', 400),
  new TypeError('A mistake of our own'),
])('a call that fails with %s fails at once, with that', async (error) => {
  const { table, calls } = scriptedTable([error]);

  await expect(table.get(KEY)).rejects.toBe(error);
  expect(calls()).toBe(1);
});

test('a condition that does not hold is an answer, not an error', async () => {
  const { table, calls } = scriptedTable([awsError('ConditionalCheckFailedException', 400)]);

  expect(await table.put(KEY, { condition: 'attribute_not_exists(pk)' })).toBeNull();
  expect(calls()).toBe(1);
});

test('a table that stays throttled is an error after ten seconds, which says why', async () => {
  const { table, waits } = scriptedTable([awsError('ThrottlingException', 400)]);

  await expect(table.get(KEY)).rejects.toThrow(
    'DynamoDB did not do it until the deadline: ThrottlingException: Because',
  );
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(8000);
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(10_000);
});

test('nothing waits past the deadline of the invocation', async () => {
  const { table, waits } = scriptedTable([awsError('ThrottlingException', 400)], 1160);

  await expect(table.get(KEY)).rejects.toThrow('until the deadline');
  expect(waits).toEqual([50, 100]);
});

test('after the deadline a call is still tried once', async () => {
  const { table, waits } = scriptedTable([{ Item: KEY }], 500);

  expect([await table.get(KEY), waits]).toEqual([KEY, []]);
});

test('names in expressions stand for themselves', async () => {
  let sent: unknown;
  const table = createTableCalls({
    dynamodb: { send: (async (command: { input: unknown }) => ((sent = command.input), { Attributes: KEY })) as never },
    table: 'table',
    now: () => 0,
    sleep: async () => {},
  });

  await table.update(KEY, { update: 'SET #count = :one', condition: '#list = :one', values: { ':one': 1 } });

  expect(sent).toEqual({
    TableName: 'table',
    Key: KEY,
    ReturnValues: 'ALL_NEW',
    UpdateExpression: 'SET #count = :one',
    ConditionExpression: '#list = :one',
    ExpressionAttributeNames: { '#count': 'count', '#list': 'list' },
    ExpressionAttributeValues: { ':one': 1 },
  });
});
