import { expect, test } from 'vitest';
import { parseSchedule } from '../../../local/events/schedule-expression.ts';

const at = (text: string) => Date.parse(`${text}Z`);

/** The first times after the given one. */
function times(expression: string, after: string, count: number, since = after): string[] {
  const next = parseSchedule(expression, at(since));
  const found: string[] = [];
  for (let time = next(at(after)); time !== undefined && found.length < count; time = next(time)) {
    found.push(new Date(time).toISOString().slice(0, 16));
  }
  return found;
}

test('a rate runs from the time at which the rule was made', () => {
  expect(times('rate(5 minutes)', '2026-01-01T00:11', 2, '2026-01-01T00:02')).toEqual([
    '2026-01-01T00:12',
    '2026-01-01T00:17',
  ]);
  expect(times('rate(1 day)', '2026-02-28T06:00', 1)).toEqual(['2026-03-01T06:00']);
});

test.each<[string, string, string[]]>([
  ['cron(0 12 * * ? *)', '2026-01-01T12:00', ['2026-01-02T12:00', '2026-01-03T12:00']],
  ['cron(0/20 8-9 ? * MON,FRI *)', '2026-03-06T09:30', ['2026-03-06T09:40', '2026-03-09T08:00']],
  ['cron(15 10 ? * 6 2026-2027)', '2026-01-01T00:00', ['2026-01-02T10:15', '2026-01-09T10:15']],
  ['cron(0 0 29 FEB ? *)', '2026-01-01T00:00', ['2028-02-29T00:00', '2032-02-29T00:00']],
  ['cron(0 0 1 1 ? 2026)', '2026-01-01T00:00', []],
])('%s comes after %s at %j', (expression, after, expected) => {
  expect(times(expression, after, 2)).toEqual(expected);
});

test.each([
  ['rate(1 minutes)', 'is no schedule'],
  ['rate(5 minute)', 'is no schedule'],
  ['rate(0 minutes)', 'is no schedule'],
  ['rate(1 week)', 'is no schedule'],
  ['every minute', 'is no schedule'],
  ['cron(0 12 * * ?)', 'has 5 fields'],
  ['cron(0 12 * * * *)', 'exactly one of day of month and day of week must be ?'],
  ['cron(0 24 * * ? *)', 'hours is 24; honoured here are 0 to 23'],
  ['cron(0 12 L * ? *)', 'day of month is L'],
  ['cron(0 12 ? * 2#1 *)', 'day of week is 2#1'],
  ['cron(0 12 ? * FUN *)', 'day of week is FUN; honoured here are 1 to 7, SUN MON'],
  ['cron(0/0 12 * * ? *)', 'minutes is 0/0'],
])('%s is refused', (expression, message) => {
  expect(() => parseSchedule(expression, 0)).toThrow(message);
});
