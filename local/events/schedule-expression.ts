import { parseCron } from './cron.ts';

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Reads a rule's `ScheduleExpression`: `rate(5 minutes)` or `cron(0 12 * * ? *)`, in UTC.
 *
 * @param since when the rule was made, epoch milliseconds: a rate runs from then
 * @returns what gives the first time after another, or `undefined` when there is none any more
 * @throws on any other expression
 */
export function parseSchedule(expression: string, since: number): (after: number) => number | undefined {
  const cron = /^cron\((.*)\)$/.exec(expression)?.[1];
  if (cron !== undefined) return parseCron(cron);

  const [, count, unit = '', plural] = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  const value = Number(count);
  // As EventBridge has it: one of a unit is singular, any other number plural.
  if (!(value >= 1) || (value === 1) !== (plural === '')) {
    throw new Error(
      `${JSON.stringify(expression)} is no schedule; expected rate(1 minute|hour|day), rate(<n> minutes|hours|days) ` +
        'or cron(<minutes> <hours> <day of month> <month> <day of week> <year>)',
    );
  }
  const period = value * (UNIT_MILLISECONDS[unit] as number);
  return (after) => since + Math.floor((after - since) / period + 1) * period;
}
