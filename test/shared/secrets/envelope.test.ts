import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyIdOf, openText, type SecretPlace, sealText } from '../../../shared/secrets/envelope.ts';

const KEY = { id: 'k1', bytes: randomBytes(32) };
const PLACE: SecretPlace = ['plugin-config', 7, 'apiKey'];
const seal = (text: string, key = KEY, place = PLACE) => sealText(key, place, text, randomBytes(12));

describe('a sealed text', () => {
  it.each(['', 'phx_secret', 'ü😀\u0000', 'x'.repeat(100_000)])('is opened as it was: %j', (text) => {
    expect(openText(KEY, PLACE, seal(text))).toBe(text);
  });

  it('names its key, and shows nothing of the text', () => {
    const sealed = seal('phx_secret');

    expect(sealed).toMatch(/^v1\.k1\.[\w-]+$/);
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('phx_secret');
    expect(keyIdOf(sealed)).toBe('k1');
  });

  it('is another one each time', () => {
    expect(seal('same')).not.toBe(seal('same'));
  });

  it.each<[string, SecretPlace]>([
    ['another field', ['plugin-config', 7, 'other']],
    ['another item', ['plugin-config', 8, 'apiKey']],
    ['another kind', ['project', 7, 'apiKey']],
    ['a place that reads the same when it is joined', ['plugin-config', 7, 'apiKey"] ']],
  ])('cannot be opened at %s', (_, place) => {
    expect(() => openText(KEY, place, seal('phx_secret'))).toThrow('sealed for another place');
  });

  it('cannot be opened after any of its bytes was changed', () => {
    const sealed = seal('four');
    const bytes = Buffer.from(sealed.slice('v1.k1.'.length), 'base64url');

    for (const index of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] as number) ^ 1;
      expect(() => openText(KEY, PLACE, `v1.k1.${changed.toString('base64url')}`)).toThrow('it was changed');
    }
  });

  it('cannot be opened with another key', () => {
    expect(() => openText({ id: 'k1', bytes: randomBytes(32) }, PLACE, seal('text'))).toThrow('is not the one it was');
  });

  it.each(['', 'plain', 'v2.k1.AAAA', 'v1.k1.AAAA', 'v1..AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'])(
    'has its form: %j is none',
    (text) => {
      expect(() => openText(KEY, PLACE, text)).toThrow('does not have the form');
    },
  );
});
