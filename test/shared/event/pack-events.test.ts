import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Compression,
  createPacker,
  DEFAULT_PACK_LIMITS,
  type PackedMessage,
} from '../../../shared/event/pack-events.ts';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../../shared/event/read-message.ts';

const GZIP: Compression = { algorithm: 'gzip', level: 1 };

function pack(events: unknown[], compression: Compression, limits = DEFAULT_PACK_LIMITS) {
  const messages: PackedMessage[] = [];
  const refused: number[] = [];
  const packer = createPacker(
    compression,
    limits,
    (message) => messages.push(message),
    (_, position) => refused.push(position),
  );
  events.forEach((event, position) => packer.add(JSON.stringify(event), position, position));
  packer.flush();
  return {
    messages,
    refused,
    events: messages.flatMap(({ body }) => readMessage(body.toString(), DEFAULT_MESSAGE_LIMITS)),
  };
}

/** Text that does not compress, so that sizes are what they seem. */
function noise(characters: number, seed: number): string {
  let state = seed + 1;
  return Array.from({ length: characters }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return String.fromCharCode(33 + (state % 90));
  }).join('');
}

describe('packing events', () => {
  it('loses, repeats and reorders nothing, whatever the events and limits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ event: fc.string({ unit: 'binary' }), value: fc.jsonValue() }), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.constantFrom<Compression>({ algorithm: 'none' }, GZIP, { algorithm: 'zstd', level: 1 }),
        fc.integer({ min: 100, max: 4000 }),
        (events, compression, billingUnitBytes) => {
          const packed = pack(events, compression, { maxBodyBytes: 100_000, billingUnitBytes });

          expect(packed.refused).toEqual([]);
          expect(packed.events).toEqual(JSON.parse(JSON.stringify(events)));
          expect(packed.messages.reduce((sum, message) => sum + message.events, 0)).toBe(events.length);
          expect(packed.messages.every(({ body }) => body.length <= 100_000)).toBe(true);
        },
      ),
    );
  });

  it('leaves a message plain that costs one request anyway', () => {
    const { messages } = pack([{ event: 'a' }, { event: 'b' }], GZIP);

    expect(messages.map(({ body }) => body.toString())).toEqual(['{"v":1,"events":[{"event":"a"},{"event":"b"}]}']);
  });

  it('cuts compressed messages just under what one request pays for', () => {
    const events = Array.from({ length: 2000 }, (_, index) => ({
      event: 'a',
      index,
      text: noise(300, index),
      same: 'x'.repeat(900),
    }));

    const { messages } = pack(events, GZIP);

    const sizes = messages.map(({ body }) => body.length).slice(2, -1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(Math.min(...sizes)).toBeGreaterThan(65_536 * 0.8);
  });

  it('halves a message that turns out too large', () => {
    const limits = { maxBodyBytes: 3000, billingUnitBytes: 2800 };
    const events = Array.from({ length: 8 }, (_, index) => ({ text: noise(1500, index) }));

    const packed = pack(events, GZIP, limits);

    expect(packed.events).toEqual(events);
    expect(Math.max(...packed.messages.map(({ body }) => body.length))).toBeLessThanOrEqual(3000);
  });

  it('refuses only the event that fits into no message', () => {
    const limits = { maxBodyBytes: 3000, billingUnitBytes: 2800 };

    const packed = pack([{ event: 'a' }, { text: noise(9000, 1) }, { event: 'b' }], GZIP, limits);

    expect(packed.refused).toEqual([1]);
    expect(packed.events).toEqual([{ event: 'a' }, { event: 'b' }]);
  });

  it('names the records that a message holds', () => {
    const { messages } = pack([{ event: 'a' }, { event: 'b' }], GZIP);

    expect(messages[0]?.records).toEqual([0, 1]);
  });

  it('writes what SQS refuses in raw text as escapes', () => {
    const event = { event: 'a', text: '\uFFFE \uFFFF \uD800 \u0000' };

    const { messages, events } = pack([event], GZIP);

    expect(messages[0]?.body.toString()).toMatch(/^[\u0020-\uFFFC]*$/);
    expect(events).toEqual([event]);
  });
});
