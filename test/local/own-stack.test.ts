import { expect, test } from 'vitest';
import { startTestStack } from '../support/local-stack.ts';

test('the project’s own template is honoured whole, and its function starts', async () => {
  const problems: string[] = [];
  const stack = await startTestStack({ onProblem: (problem) => void problems.push(problem) });

  const results = await Promise.all(stack.functions.map((fn) => fn.invoke('{"Records":[]}')));

  expect(results).toEqual([{ payload: '{"batchItemFailures":[]}' }]);
  expect(Object.keys(stack.outputs)).toEqual([
    'EventsQueueUrl',
    'EventsDeadLetterQueueUrl',
    'IngestionQueueUrl',
    'IngestionDeadLetterQueueUrl',
    'RegistryTableName',
    'StateTableName',
    'AssetsBucketName',
  ]);
  await stack.stop();
  expect(problems).toEqual([]);
});
