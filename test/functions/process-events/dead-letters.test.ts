import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deadLetterMessages } from '../../../functions/process-events/dead-letters.ts';

const RECORDS = [
  { messageId: 'a', body: 'body of a' },
  { messageId: 'b', body: 'body of b' },
];

describe('a dead letter', () => {
  it('for a whole message keeps its body as it came and says where it came from', () => {
    const [letter] = deadLetterMessages([{ record: 1, reason: 'not_json', detail: 'It is not JSON' }], RECORDS);

    expect(letter).toEqual({
      record: 1,
      body: 'body of b',
      attributes: { reason: 'not_json', detail: 'It is not JSON', sourceMessageId: 'b' },
    });
  });

  it('for one event of a message keeps the event alone, and its position', () => {
    const refused = { record: 0, position: 0, reason: 'missing_event', detail: 'No name', body: '{"a":1}' } as const;

    const [letter] = deadLetterMessages([refused], RECORDS);

    expect(letter).toMatchObject({ body: '{"a":1}', attributes: { sourceMessageId: 'a', position: '0' } });
  });

  it('keeps how many captures have led to its events, so that it goes on from there when it is sent again', () => {
    const source = { messageId: 'a', body: 'x', messageAttributes: { hops: { stringValue: '4', dataType: 'String' } } };

    const [letter] = deadLetterMessages([{ record: 0, reason: 'not_json', detail: 'x' }], [source]);

    expect(letter?.attributes.hops).toBe('4');
  });

  it('has a detail that fits into an attribute', () => {
    const [letter] = deadLetterMessages([{ record: 0, reason: 'not_json', detail: 'x'.repeat(300_000) }], RECORDS);

    expect(letter?.attributes.detail).toHaveLength(1000);
  });

  it('of a message that was not in the batch is an error, not a lost letter', () => {
    expect(() => deadLetterMessages([{ record: 2, reason: 'not_json', detail: 'x' }], RECORDS)).toThrow(
      'record 2 of 2',
    );
  });

  it('for a body that leaves no room for the attributes is compressed, and read back is the same', () => {
    const body = `{"event":"${'x'.repeat(1_048_500)}"`;

    const [message] = deadLetterMessages(
      [{ record: 0, reason: 'not_json', detail: 'cut short' }],
      [{ messageId: 'm', body }],
    );

    expect(gunzipSync(Buffer.from(message?.body ?? '', 'base64')).toString()).toBe(body);
  });
});
