import type { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupMessages, MAX_BATCH_BYTES, messageBytes } from '../../../shared/aws/group-messages.ts';
import { type SendMessagesDeps, sendMessages } from '../../../shared/aws/send-messages.ts';

type Input = SendMessageBatchCommand['input'];

type Answer = { Successful?: { Id: string }[]; Failed?: { Id: string }[] };

/** A queue that answers each call with `answer`, takes what that does not speak of, and remembers calls and waits. */
function fakeQueue(answer: (input: Input, call: number) => Answer | Promise<Answer> = () => ({})) {
  const calls: Input[] = [];
  const waits: number[] = [];
  const send = async ({ input }: { input: Input }) => {
    calls.push(input);
    const { Failed = [], ...given } = await answer(input, calls.length);
    const taken = (input.Entries ?? [])
      .map(({ Id }) => ({ Id }))
      .filter(({ Id }) => !Failed.some((failure) => failure.Id === Id));
    return { Successful: taken, Failed, ...given };
  };
  const deps = {
    sqs: { send } as unknown as SendMessagesDeps['sqs'],
    sleep: async (milliseconds: number) => void waits.push(milliseconds),
  };
  return {
    deps,
    calls,
    waits,
    bodies: () => calls.map(({ Entries = [] }) => Entries.map(({ MessageBody }) => MessageBody)),
  };
}

function byText(a = '', b = ''): number {
  return a < b ? -1 : Number(a > b);
}

function fault(name: string): Error {
  return Object.assign(new Error(`The queue says ${name}`), { name });
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .tuple(fc.constantFrom('a', 'ä', '漢', '😀'), fc.integer({ min: 0, max: 400_000 }))
    .map(([unit, times]) => unit.repeat(times)),
);
const message = fc.record({ body: text, attributes: fc.dictionary(fc.string({ maxLength: 20 }), fc.string()) });

test('every message is in exactly one call, and every call respects the caps', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 60 }), async (messages) => {
      const { deps, calls } = fakeQueue();

      const unsent = await sendMessages(deps, 'queue', messages);

      const sent = calls.flatMap(({ Entries = [] }) =>
        Entries.map(({ MessageBody, MessageAttributes }) => ({ MessageBody, MessageAttributes })),
      );
      const fitting = messages.filter((one) => messageBytes(one) <= MAX_BATCH_BYTES);
      expect(sent.map(({ MessageBody }) => MessageBody).toSorted(byText)).toEqual(
        fitting.map(({ body }) => body).toSorted(byText),
      );
      expect(unsent.map((one) => one.message)).toEqual(messages.filter((one) => messageBytes(one) > MAX_BATCH_BYTES));
      for (const { Entries = [] } of calls) {
        expect(Entries.length).toBeLessThanOrEqual(10);
        expect(new Set(Entries.map(({ Id }) => Id)).size).toBe(Entries.length);
        const bytes = Entries.reduce((sum, { MessageBody = '', MessageAttributes = {} }) => {
          const attributes = Object.entries(MessageAttributes).map(
            ([name, { DataType, StringValue }]) => `${name}${DataType}${StringValue}`,
          );
          return sum + Buffer.byteLength(MessageBody) + Buffer.byteLength(attributes.join(''));
        }, 0);
        expect(bytes).toBeLessThanOrEqual(1_048_576);
      }
    }),
    { numRuns: 40 },
  );
});

test('calls are as few as the caps allow', () => {
  const small = Array.from({ length: 25 }, () => ({ body: 'x' }));
  const large = Array.from({ length: 4 }, () => ({ body: 'x'.repeat(MAX_BATCH_BYTES / 2) }));

  expect(groupMessages(small).map(({ length }) => length)).toEqual([10, 10, 5]);
  expect(groupMessages(large).map(({ length }) => length)).toEqual([2, 2]);
});

test('attributes travel as strings', async () => {
  const { deps, calls } = fakeQueue();

  await sendMessages(deps, 'queue', [{ body: 'a', attributes: { reason: 'not_json' } }, { body: 'b' }]);

  expect(calls).toEqual([
    {
      QueueUrl: 'queue',
      Entries: [
        { Id: '0', MessageBody: 'a', MessageAttributes: { reason: { DataType: 'String', StringValue: 'not_json' } } },
        { Id: '1', MessageBody: 'b' },
      ],
    },
  ]);
});

test('a message that the queue failed to take is sent again, alone, after a wait', async () => {
  const { deps, waits, bodies } = fakeQueue((_, call) =>
    call === 1 ? { Failed: [{ Id: '1', Code: 'InternalError', SenderFault: false }] } : {},
  );

  const unsent = await sendMessages(deps, 'queue', [{ body: 'a' }, { body: 'b' }, { body: 'c' }]);

  expect(unsent).toEqual([]);
  expect(bodies()).toEqual([['a', 'b', 'c'], ['b']]);
  expect(waits).toEqual([100]);
});

test('a message that the answer does not mention is sent again', async () => {
  const { deps, bodies } = fakeQueue((_, call) => (call === 1 ? { Successful: [{ Id: '0' }] } : {}));

  const unsent = await sendMessages(deps, 'queue', [{ body: 'a' }, { body: 'b' }]);

  expect(unsent).toEqual([]);
  expect(bodies()).toEqual([['a', 'b'], ['b']]);
});

test('a message that the queue keeps failing to take is given back after four attempts', async () => {
  const { deps, waits, calls } = fakeQueue(() => ({
    Failed: [{ Id: '0', Code: 'InternalError', Message: 'Sorry', SenderFault: false }],
  }));

  const unsent = await sendMessages(deps, 'queue', [{ body: 'a' }]);

  expect(unsent).toEqual([{ message: { body: 'a' }, code: 'InternalError', reason: 'Sorry' }]);
  expect([calls.length, waits]).toEqual([4, [100, 200, 400]]);
});

test('a message that is refused for what it is is given back at once, its neighbours are sent', async () => {
  const { deps, calls } = fakeQueue(() => ({
    Failed: [{ Id: '0', Code: 'InvalidMessageContents', Message: 'No', SenderFault: true }],
  }));

  const unsent = await sendMessages(deps, 'queue', [{ body: 'a' }, { body: 'b' }]);

  expect(unsent).toEqual([{ message: { body: 'a' }, code: 'InvalidMessageContents', reason: 'No' }]);
  expect(calls).toHaveLength(1);
});

test('when one message has the whole call refused, the others are sent without it', async () => {
  const { deps, bodies } = fakeQueue((input) => {
    if (input.Entries?.some(({ MessageBody }) => MessageBody === 'bad')) throw fault('InvalidMessageContents');
    return {};
  });

  const unsent = await sendMessages(deps, 'queue', [{ body: 'a' }, { body: 'bad' }, { body: 'b' }]);

  expect(unsent.map((one) => [one.message.body, one.code])).toEqual([['bad', 'InvalidMessageContents']]);
  expect(bodies()).toEqual([['a', 'bad', 'b'], ['a'], ['bad'], ['b']]);
});

test('a call that fails altogether gives back its messages, and no others', async () => {
  const messages = Array.from({ length: 11 }, (_, index) => ({ body: String(index), record: index }));
  const { deps } = fakeQueue((input) => {
    if (input.Entries?.length === 10) throw fault('AccessDenied');
    return {};
  });

  const unsent = await sendMessages(deps, 'queue', messages);

  expect(unsent.map((one) => one.message.record)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(unsent[0]).toMatchObject({ code: 'AccessDenied', reason: 'The queue says AccessDenied' });
});

test('a message above the cap even alone is given back with its size and the limit', async () => {
  const { deps, calls } = fakeQueue();

  const [unsent] = await sendMessages(deps, 'queue', [{ body: 'ä'.repeat(600_000) }]);

  expect(unsent).toMatchObject({ code: 'MessageTooLarge', reason: expect.stringMatching(/1200000 bytes .+ 1048576$/) });
  expect(calls).toEqual([]);
});

test('at most eight calls are under way at once', async () => {
  let underWay = 0;
  let most = 0;
  const { deps, calls } = fakeQueue(async () => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    return {};
  });

  await sendMessages(
    deps,
    'queue',
    Array.from({ length: 300 }, () => ({ body: 'x' })),
  );

  expect([calls.length, most]).toEqual([30, 8]);
});
