import { Duplex } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameReader, createFrameWriter, readJson, splitHeader } from '../../../shared/sandbox/frames.ts';

/** All that a writer sends, as one buffer. */
function bytesOf(write: (writer: ReturnType<typeof createFrameWriter>) => void): Buffer {
  const chunks: Buffer[] = [];
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  write(createFrameWriter(stream));
  return Buffer.concat(chunks);
}

describe('frames', () => {
  it('arrive whole and in order, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 50 }), { minLength: 1, maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (texts, cuts) => {
          const bytes = bytesOf((writer) => texts.forEach((text, index) => writer.sendJson(index, text)));
          const frames: [number, string][] = [];
          const read = createFrameReader((type, payload) => frames.push([type, readJson(payload)]));

          for (let offset = 0, cut = 0; offset < bytes.length; cut++) {
            const length = cuts[cut % cuts.length] as number;
            read(bytes.subarray(offset, offset + length));
            offset += length;
          }

          expect(frames).toEqual(texts.map((text, index) => [index, text]));
        },
      ),
    );
  });

  it('carry bytes behind a header, also megabytes of them', () => {
    const body = Buffer.alloc(3_000_000, 'hoglet');
    const bytes = bytesOf((writer) => {
      writer.sendWithHeader(1, { events: 2 }, body);
      writer.sendText(2, 'after');
    });
    const seen: unknown[] = [];
    const read = createFrameReader((type, payload) => {
      seen.push(
        type === 1 ? [splitHeader(payload).header, splitHeader(payload).body.equals(body)] : payload.toString(),
      );
    });

    for (let offset = 0; offset < bytes.length; offset += 65_536) read(bytes.subarray(offset, offset + 65_536));

    expect(seen).toEqual([[{ events: 2 }, true], 'after']);
  });

  it('with an impossible length are refused', () => {
    const read = createFrameReader(() => {});

    expect(() => read(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]))).toThrow('at most');
  });
});
