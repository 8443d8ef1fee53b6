import { expect, test } from 'vitest';
import { failedMessages } from '../../../local/lambda/failed-messages.ts';

const BATCH = new Set(['a', 'b', 'c']);

test.each([
  ['null', null],
  ['an object without failures', {}],
  ['failures that are null', { batchItemFailures: null }],
  ['an empty list of failures', { batchItemFailures: [] }],
])('%s is a success of the whole batch', (_title, response) => {
  expect(failedMessages(JSON.stringify(response), BATCH)).toEqual({ failed: new Set() });
});

test('only the messages named fail, also when one is named twice', () => {
  const response = { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'c' }, { itemIdentifier: 'a' }] };

  expect(failedMessages(JSON.stringify(response), BATCH)).toEqual({ failed: new Set(['a', 'c']) });
});

test.each<[string, unknown]>([
  ['text', 'fine'],
  ['a number', 200],
  ['a list', []],
  ['failures that are no list', { batchItemFailures: {} }],
  ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
  ['no identifier', { batchItemFailures: [{}] }],
  ['a null failure', { batchItemFailures: [null] }],
  ['an identifier under another name', { batchItemFailures: [{ messageId: 'a' }] }],
  [
    'an identifier that the batch does not have, beside one that it has',
    { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'x' }] },
  ],
])('%s fails the whole batch', (_title, response) => {
  expect(failedMessages(JSON.stringify(response), BATCH)).toEqual({ malformed: expect.any(String) });
});

test('what is not JSON fails the whole batch', () => {
  expect(failedMessages('{', BATCH)).toEqual({ malformed: 'the response is not JSON' });
});
