import { expect, test } from 'vitest';
import { createDemoTally } from '../../../local/demo/demo-tally.ts';

function packed(...uuids: string[]) {
  return { Body: JSON.stringify({ v: 1, events: uuids.map((uuid) => ({ uuid })) }) };
}

function deadLetter(id: string, attributes: Record<string, string>, body = '{}') {
  const pairs = Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]);
  return { MessageId: id, Body: body, MessageAttributes: Object.fromEntries(pairs) };
}

function accountLine(messageId: string, dropped: Record<string, number>, failed: Record<string, number> = {}) {
  return JSON.stringify({ account: [{ messageId, events: 9, ingested: 1, dropped, failed, deadLetters: 0 }] });
}

test('an event that is ingested twice counts once', () => {
  const tally = createDemoTally(() => false);

  tally.addIngested([packed('a', 'b'), packed('b')]);
  tally.addIngested([packed('a', 'c')]);

  expect(tally.counts().ingested).toBe(3);
});

test('only the events that are to be kept are kept', () => {
  const tally = createDemoTally((uuid) => uuid === 'b');

  tally.addIngested([packed('a', 'b')]);

  expect([tally.find('a'), tally.find('b')]).toEqual([undefined, { uuid: 'b' }]);
});

test('a dead letter that is sent twice counts once, others of the same message count', () => {
  const tally = createDemoTally(() => false);
  const of = (position: string) => ({ reason: 'missing_event', sourceMessageId: 's', position });

  tally.addDeadLetters([deadLetter('1', of('0')), deadLetter('2', of('0')), deadLetter('3', of('1'))]);
  tally.addDeadLetters([deadLetter('4', { reason: 'not_json', sourceMessageId: 't' })]);

  const { deadLetters, reasons } = tally.counts();
  expect([deadLetters, [...reasons]]).toEqual([
    3,
    [
      ['missing_event', 2],
      ['not_json', 1],
    ],
  ]);
});

test('a message that the queue itself gave up on counts with all its events', () => {
  const tally = createDemoTally(() => false);

  tally.addDeadLetters([deadLetter('1', {}, packed('a', 'b').Body)]);

  expect([...tally.counts().reasons]).toEqual([['received too often', 2]]);
});

test('of a message that was processed twice the latest account counts', () => {
  const tally = createDemoTally(() => false);

  tally.accounts.readLine(accountLine('m', { 1: 5, 2: 1 }, { 3: 1 }));
  tally.accounts.readLine(accountLine('n', { 1: 1 }));
  tally.accounts.readLine(accountLine('m', { 1: 4 }));

  const { dropped, failed } = tally.counts();
  expect([[...dropped], [...failed]]).toEqual([[[1, 5]], []]);
});

test('lines that are no account are passed by', () => {
  const tally = createDemoTally(() => false);

  for (const line of ['', 'hello', '{"level":"INFO"}', 'broken "account":[ {']) tally.accounts.readLine(line);

  expect(tally.counts().dropped.size).toBe(0);
});
