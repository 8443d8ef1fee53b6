import { expect, test } from 'vitest';
import type { Definition, State } from '../../../local/step-functions/definition.ts';
import { problemsOfDefinition } from '../../../local/step-functions/definition.ts';
import { interpret } from '../../../local/step-functions/interpret.ts';
import { createJournalFolder } from '../../../local/step-functions/journal.ts';
import { StatesError } from '../../../local/step-functions/states-error.ts';
import { createTestClock } from '../../../local/time/test-clock.ts';

const START = Date.parse('2026-01-01T00:00:00Z');

interface Task {
  resource: string;
  input: unknown;
  /** Seconds after the start of the execution. */
  at: number;
}

/** How an execution ended: with an output, or with an error. */
interface End {
  output?: unknown;
  error?: string;
  cause?: string;
}

/**
 * Runs a state machine for at most a day of the clock.
 *
 * @param answer what a task gives; an error that it throws has its name
 */
async function run(states: Record<string, unknown>, input: unknown = {}, answer: (task: Task) => unknown = () => null) {
  const definition = { StartAt: Object.keys(states)[0] ?? '', States: states } as unknown as Definition;
  expect(problemsOfDefinition(definition, () => [])).toEqual([]);
  const clock = createTestClock({ startAt: START });
  const tasks: Task[] = [];
  const result = interpret(definition, input, {
    clock,
    journal: createJournalFolder().open('test'),
    signal: new AbortController().signal,
    context: { Execution: { Name: 'test' } },
    async runTask(state: State, given: unknown) {
      const task = { resource: String(state.Resource), input: given, at: Math.floor((clock.now() - START) / 1000) };
      tasks.push(task);
      return answer(task);
    },
  }).then(
    (output): End => ({ output }),
    (error: unknown): End => {
      if (!(error instanceof StatesError)) throw error;
      return { error: error.error, cause: error.message };
    },
  );
  await clock.advance(86_400_000);
  return { ...(await result), tasks };
}

const task = (more: Record<string, unknown> = {}) => ({
  Type: 'Task',
  Resource: 'r',
  End: true,
  ...more,
});
const failing = (name: string) => () => {
  throw new StatesError(name, 'why');
};

test('a task gets what InputPath and Parameters select, and its result goes where ResultPath says', async () => {
  const { output, tasks } = await run(
    {
      Task: task({
        InputPath: '$.part',
        Parameters: {
          'id.$': '$.id',
          fixed: [1, { 'deep.$': "$['a b'][1]" }],
          'name.$': '$$.Execution.Name',
          'text.$': "States.Format('{}/{}', $.id, 2)",
        },
        ResultSelector: { 'kept.$': '$.value' },
        ResultPath: '$.results.task',
        OutputPath: '$.results',
      }),
    },
    { part: { id: 7, 'a b': [0, 'x'] }, results: { before: 1 } },
    () => ({ value: 'v', more: 'm' }),
  );

  expect(tasks[0]?.input).toEqual({ id: 7, fixed: [1, { deep: 'x' }], name: 'test', text: '7/2' });
  expect(output).toEqual({ before: 1, task: { kept: 'v' } });
});

test('ResultPath null keeps the input, InputPath null gives none', async () => {
  const { output, tasks } = await run({ Task: task({ InputPath: null, ResultPath: null }) }, { a: 1 }, () => 'gone');

  expect(tasks[0]?.input).toEqual({});
  expect(output).toEqual({ a: 1 });
});

test('retriers count for themselves, each by the first that names the error, with its own times', async () => {
  const errors = ['A', 'A', 'B', 'A', 'B', 'B'];
  const { error, tasks } = await run(
    {
      Task: task({
        Retry: [
          { ErrorEquals: ['A'], IntervalSeconds: 10, BackoffRate: 3, MaxAttempts: 5, MaxDelaySeconds: 60 },
          { ErrorEquals: ['States.ALL'], IntervalSeconds: 100, BackoffRate: 1, MaxAttempts: 2 },
        ],
      }),
    },
    {},
    () => failing(errors.shift() ?? '')(),
  );

  // A after 10, A after 30, B after 100, A after 60 instead of 90, B after 100; the third B is one too many.
  expect(tasks.map(({ at }) => at)).toEqual([0, 10, 40, 140, 200, 300]);
  expect(error).toBe('B');
});

test('MaxAttempts 0 means that an error is not retried, whatever comes after', async () => {
  const { tasks } = await run(
    { Task: task({ Retry: [{ ErrorEquals: ['A'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }] }) },
    {},
    failing('A'),
  );

  expect(tasks).toHaveLength(1);
});

test.each([
  ['RetryError', ['RetryError'], true],
  ['Other', ['RetryError'], false],
  ['Other', ['States.TaskFailed'], true],
  ['States.Timeout', ['States.TaskFailed'], false],
  ['States.Timeout', ['States.ALL'], true],
  ['States.DataLimitExceeded', ['States.ALL'], false],
  ['States.DataLimitExceeded', ['States.DataLimitExceeded'], true],
  ['States.Runtime', ['States.ALL', 'States.Runtime'], false],
])('%s is caught by %j: %s', async (name, ErrorEquals, expected) => {
  const { output, error } = await run(
    {
      Task: task({ Catch: [{ ErrorEquals, ResultPath: '$.error', Next: 'Caught' }] }),
      Caught: { Type: 'Succeed' },
    },
    { a: 1 },
    failing(name),
  );

  expect(expected ? output : error).toEqual(expected ? { a: 1, error: { Error: name, Cause: 'why' } } : name);
});

test('a task that takes longer than TimeoutSeconds fails with States.Timeout', async () => {
  const { error } = await run({ Task: task({ TimeoutSeconds: 60 }) }, {}, () => new Promise(() => {}));

  expect(error).toBe('States.Timeout');
});

test('a result above 256 KiB fails the state', async () => {
  const { error } = await run({ Task: task() }, {}, () => 'x'.repeat(262_144));

  expect(error).toBe('States.DataLimitExceeded');
});

test.each<[string, Record<string, unknown>, number]>([
  ['Seconds', { Seconds: 90 }, 90],
  ['SecondsPath', { SecondsPath: '$.seconds' }, 30],
  ['Timestamp', { Timestamp: '2026-01-01T01:00:00Z' }, 3600],
  ['TimestampPath', { TimestampPath: '$.until' }, 7200],
  ['a time that is over', { Timestamp: '2025-01-01T00:00:00Z' }, 0],
])('Wait ends as %s says', async (_title, how, at) => {
  const { tasks } = await run(
    { Wait: { Type: 'Wait', Next: 'Task', ...how }, Task: task() },
    { seconds: 30, until: '2026-01-01T02:00:00Z' },
  );

  expect(tasks.map((each) => each.at)).toEqual([at]);
});

test.each<[Record<string, unknown>, boolean]>([
  [{ Variable: '$.text', StringEquals: 'abc' }, true],
  [{ Variable: '$.text', StringMatches: 'a*\\*' }, false],
  [{ Variable: '$.text', StringMatches: 'a*c' }, true],
  [{ Variable: '$.text', StringLessThan: 'abd' }, true],
  [{ Variable: '$.text', NumericEquals: 5 }, false],
  [{ Variable: '$.five', NumericGreaterThanEquals: 5 }, true],
  [{ Variable: '$.five', NumericLessThanPath: '$.six' }, true],
  [{ Variable: '$.yes', BooleanEquals: true }, true],
  [{ Variable: '$.day', TimestampGreaterThan: '2026-01-01T00:00:00+01:00' }, true],
  [{ Variable: '$.missing', IsPresent: false }, true],
  [{ Variable: '$.text', IsPresent: false }, false],
  [{ Variable: '$.nothing', IsNull: true }, true],
  [{ Variable: '$.five', IsString: false }, true],
  [{ And: [{ Variable: '$.five', IsNumeric: true }, { Not: { Variable: '$.five', NumericEquals: 6 } }] }, true],
  [
    {
      Or: [
        { Variable: '$.five', NumericEquals: 6 },
        { Variable: '$.day', IsTimestamp: false },
      ],
    },
    false,
  ],
])('Choice %j holds: %s', async (rule, expected) => {
  const { output } = await run(
    {
      Choice: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' },
      Yes: { Type: 'Pass', Result: true, End: true },
      No: { Type: 'Pass', Result: false, End: true },
    },
    { text: 'abc', five: 5, six: 6, yes: true, day: '2026-01-01T00:00:00Z', nothing: null },
  );

  expect(output).toBe(expected);
});

test('Choice without a rule that holds fails, and one that looks at nothing too', async () => {
  const choice = (Variable: string) => ({
    Choice: { Type: 'Choice', Choices: [{ Variable, NumericEquals: 1, Next: 'End' }] },
    End: { Type: 'Succeed' },
  });

  expect((await run(choice('$.a'), { a: 2 })).error).toBe('States.NoChoiceMatched');
  expect((await run(choice('$.b'), { a: 2 })).error).toBe('States.Runtime');
});

test('Fail ends with its error and cause, also from paths', async () => {
  expect(await run({ Fail: { Type: 'Fail', Error: 'E', Cause: 'c' } })).toMatchObject({ error: 'E', cause: 'c' });
  expect(await run({ Fail: { Type: 'Fail', ErrorPath: '$.e', CausePath: '$.c' } }, { e: 'E2', c: 'c2' })).toMatchObject(
    { error: 'E2', cause: 'c2' },
  );
});

const branch = (resource: string, more: object = {}) => ({
  StartAt: resource,
  States: { [resource]: task({ Resource: resource, ...more }) },
});

test('Parallel gives the branches’ outputs in order, and retries all of them when one fails', async () => {
  let left = 1;
  const { output, tasks } = await run(
    {
      Parallel: {
        Type: 'Parallel',
        End: true,
        Branches: [branch('a'), branch('b')],
        Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 60 }],
      },
    },
    {},
    ({ resource }) => (resource === 'b' && left-- > 0 ? failing('E')() : resource),
  );

  expect(output).toEqual(['a', 'b']);
  expect(tasks.map(({ resource, at }) => `${resource} ${at}`)).toEqual(['a 0', 'b 0', 'a 60', 'b 60']);
});

test('Map runs its states for each item, so many at once, with the item and its index in the context', async () => {
  let running = 0;
  let most = 0;
  const { output } = await run(
    {
      Map: {
        Type: 'Map',
        End: true,
        ItemsPath: '$.items',
        MaxConcurrency: 2,
        ItemSelector: { 'item.$': '$$.Map.Item.Value', 'index.$': '$$.Map.Item.Index', 'of.$': '$.of' },
        ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...branch('a') },
      },
    },
    { items: ['x', 'y', 'z'], of: 3 },
    async ({ input }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return input;
    },
  );

  expect(output).toEqual(['x', 'y', 'z'].map((item, index) => ({ item, index, of: 3 })));
  expect(most).toBe(2);
});

test('an error within a branch reaches the Catch of the state around it', async () => {
  const { output } = await run(
    {
      Map: {
        Type: 'Map',
        Next: 'Done',
        ItemProcessor: branch('a'),
        Catch: [{ ErrorEquals: ['E'], Next: 'Done' }],
      },
      Done: { Type: 'Succeed' },
    },
    [1, 2],
    failing('E'),
  );

  expect(output).toEqual({ Error: 'E', Cause: 'why' });
});

test('a circle without an end fails instead of running for ever', async () => {
  expect(await run({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } })).toMatchObject({
    error: 'States.Runtime',
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ['a state type', { A: { Type: 'Loop', End: true } }, 'A: state type Loop is not honoured here; known here: Task'],
  ['a field', { A: task({ HeartbeatSeconds: 5 }) }, 'A: property HeartbeatSeconds is not honoured'],
  ['JSONata', { A: task({ QueryLanguage: 'JSONata' }) }, 'A: property QueryLanguage is "JSONata"'],
  [
    'jitter',
    { A: task({ Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'FULL' }] }) },
    'A: property Retry[0].JitterStrategy is "FULL"',
  ],
  ['a path', { A: task({ InputPath: '$..a' }) }, 'A: InputPath: path "$..a" is not honoured here'],
  [
    'a path in a template',
    { A: task({ Parameters: { list: { 'a.$': '$.b[*]' } } }) },
    'A.Parameters.list.a.$: path "$.b[*]"',
  ],
  [
    'an intrinsic function',
    { A: task({ Parameters: { 'a.$': 'States.UUID()' } }) },
    'A.Parameters.a.$: States.UUID is not honoured here',
  ],
  [
    'a comparison',
    { A: { Type: 'Choice', Choices: [{ Variable: '$.a', StringStartsWith: 'x', Next: 'A' }] } },
    'A: StringStartsWith is not honoured here',
  ],
  ['a state that is not there', { A: task({ End: undefined, Next: 'B' }) }, 'A: B is no state'],
  ['a state without an end', { A: { Type: 'Pass' } }, 'A: has neither Next nor End'],
  [
    'a state within a branch',
    { A: { Type: 'Parallel', End: true, Branches: [{ StartAt: 'B', States: { B: { Type: 'Loop' } } }] } },
    'A / B: state type Loop',
  ],
  [
    'distributed maps',
    { A: { Type: 'Map', End: true, ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, ...branch('a') } } },
    'ProcessorConfig.Mode is "DISTRIBUTED"',
  ],
])('%s that is not known is named with its place', (_title, States, message) => {
  const problems = problemsOfDefinition({ StartAt: 'A', States } as unknown as Definition, () => []);

  expect(problems).toEqual([expect.stringContaining(message)]);
});
