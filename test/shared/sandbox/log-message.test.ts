import { expect, it } from 'vitest';
import { cutMessage, MAX_LOG_CHARACTERS } from '../../../shared/sandbox/log-message.ts';

it('a message of 10,000 characters is kept as it is', () => {
  const message = 'x'.repeat(MAX_LOG_CHARACTERS);

  expect(cutMessage(message)).toBe(message);
});

it('a longer message ends by saying how long it was, within 10,000 characters, and with no character cut in two', () => {
  for (const message of ['x'.repeat(10_001), '🦔'.repeat(5001), `x${'🦔'.repeat(6000)}`]) {
    const cut = cutMessage(message);

    expect(cut).toMatch(new RegExp(` … \\(${message.length} characters\\)$`));
    expect(cut.length).toBeLessThanOrEqual(10_000);
    expect(cut.length).toBeGreaterThan(9998);
    expect(cut.isWellFormed()).toBe(true);
  }
});
