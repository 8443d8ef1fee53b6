import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../../shared/event/read-message.ts';
import type { RejectionReason } from '../../../shared/event/rejection.ts';

const read = (body: string) => readMessage(body, DEFAULT_MESSAGE_LIMITS);

describe('readMessage', () => {
  it('reads one bare event', () => {
    expect(read('{"event":"a","distinct_id":"d","team_id":1}')).toEqual([{ event: 'a', distinct_id: 'd', team_id: 1 }]);
  });

  it('reads a bare event that has an `events` property of its own', () => {
    expect(read('{"event":"a","events":[1]}')).toEqual([{ event: 'a', events: [1] }]);
  });

  it('reads a packed batch, plain, gzipped and as zstd', () => {
    const packed = '{"v":1,"events":[{"event":"a"},{"event":"ü😀"}]}';
    const events = [{ event: 'a' }, { event: 'ü😀' }];

    expect(read(packed)).toEqual(events);
    expect(read(gzipSync(packed).toString('base64'))).toEqual(events);
    expect(read(zstdCompressSync(packed).toString('base64'))).toEqual(events);
  });

  it('keeps an empty packed batch empty', () => {
    expect(read('{"v":1,"events":[]}')).toEqual([]);
  });

  const packedGzip = gzipSync('{"v":1,"events":[]}').toString('base64');
  const rejections: [title: string, body: string, reason: RejectionReason][] = [
    ['malformed JSON', '{"event":', 'not_json'],
    ['text', 'hello there', 'not_json'],
    ['an empty body', '', 'not_json'],
    ['a JSON list', '[1]', 'not_an_event'],
    ['JSON null', 'null', 'not_an_event'],
    [
      'a small gzip of five million events',
      gzipSync(`{"v":1,"events":[${'0,'.repeat(4_900_000)}0]}`).toString('base64'),
      'too_many_events',
    ],
    ['a packed batch of another version', '{"v":2,"events":[]}', 'unsupported_version'],
    ['base64 with foreign characters', `${packedGzip.slice(0, 12)}*${packedGzip.slice(13)}`, 'bad_base64'],
    ['base64 cut short', packedGzip.slice(0, -2), 'bad_base64'],
    ['gzip cut short', packedGzip.slice(0, 16), 'bad_compression'],
    ['a body over 1 MiB', `{"event":"${'x'.repeat(1_048_577)}"}`, 'body_too_large'],
    ['a zip bomb', gzipSync(Buffer.alloc(10_000_001, 0x20)).toString('base64'), 'inflated_too_large'],
  ];
  it.each(rejections)('rejects %s with its reason', (_, body, reason) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ name: 'Rejection', reason }));
  });

  it('never shows the payload in a rejection', () => {
    expect(() => read('{"password":"hunter2"')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') as string }),
    );
  });
});
