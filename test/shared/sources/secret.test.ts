import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { createSecret } from '../../../shared/sources/secret.ts';

const secret = createSecret('planted');

test('a secret gives its text to whoever asks for it, and to nobody else', () => {
  expect(secret.reveal()).toBe('planted');

  const written = [
    String(secret),
    `a${secret as unknown as string}b`,
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    JSON.stringify({ ...secret }),
    JSON.stringify(Object.entries(secret)),
  ];
  for (const text of written) expect(text).not.toContain('planted');
  expect(written[0]).toBe('[secret]');
});
