import { expect, test } from 'vitest';
import { timeAgo } from '../../cli/time-ago.ts';

const NOW = Date.parse('2026-03-02T08:00:00Z');

test.each([
  ['90s', '2026-03-02T07:58:30.000Z'],
  ['15m', '2026-03-02T07:45:00.000Z'],
  ['2h', '2026-03-02T06:00:00.000Z'],
  ['3d', '2026-02-27T08:00:00.000Z'],
  ['2026-01-01', '2026-01-01T00:00:00.000Z'],
  ['2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00.000Z'],
])('%s is %s', (text, time) => {
  expect(timeAgo(text, NOW)).toBe(time);
});

test.each(['', 'yesterday', '5', '5w', '-5m', '2026', '2026-13-01'])('"%s" is refused with what is allowed', (text) => {
  expect(() => timeAgo(text, NOW)).toThrow('such as 90s, 15m, 2h or 3d ago');
});
