import { array, assert, constantFrom, dictionary, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPacker, DEFAULT_PACK_LIMITS } from '../../../shared/event/pack-events.ts';
import { readDelivery } from '../../../shared/event/read-delivery.ts';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../../shared/event/read-message.ts';

const pack = (texts: string[], billingUnitBytes = DEFAULT_PACK_LIMITS.billingUnitBytes): string[] => {
  const bodies: string[] = [];
  const packer = createPacker(
    { algorithm: 'zstd', level: 1 },
    { ...DEFAULT_PACK_LIMITS, billingUnitBytes },
    ({ body }) => void bodies.push(body.toString('utf8')),
    () => {},
    { lineBreaks: true, firstBufferBytes: 64 },
  );
  texts.forEach((text, position) => packer.add(text, 0, position));
  packer.flush();
  return bodies;
};
const read = (body: string) => readDelivery(body, DEFAULT_MESSAGE_LIMITS);

describe('a delivery', () => {
  it('is cut into the very texts it was made of, whatever is in them, plain and compressed', () => {
    const events = array(dictionary(string({ unit: 'binary' }), jsonValue()), { minLength: 1 });
    assert(
      property(events, constantFrom(50, 65_536), (values, billingUnitBytes) => {
        const texts = values.map((value) => JSON.stringify(value));

        const parsed = (list: string[]) => list.map((text) => JSON.parse(text) as unknown);
        expect(parsed(pack(texts, billingUnitBytes).flatMap(read))).toEqual(parsed(texts));
      }),
      { numRuns: 30 },
    );
  });

  it('is a packed batch like any other', () => {
    const [body = ''] = pack(['{"a":1}', '{"b":"\\n,"}']);

    expect(readMessage(body, DEFAULT_MESSAGE_LIMITS)).toEqual([{ a: 1 }, { b: '\n,' }]);
  });

  it.each([
    ['on one line', '{"v":1,"events":[{"a":1},{"b":2}]}'],
    ['with line breaks of somebody else', '{\n  "v": 1,\n  "events": [\n    {"a":1},\n    {"b":2}\n  ]\n}'],
  ])('may also come from elsewhere, %s', (_, body) => {
    expect(read(body)).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('that is no packed batch is refused', () => {
    expect(() => read('[1]')).toThrow('an object is expected');
  });
});
