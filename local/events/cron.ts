/** Allowed values of each field, in the order in which an expression has them. */
const FIELDS = [
  { name: 'minutes', from: 0, to: 59, names: [] },
  { name: 'hours', from: 0, to: 23, names: [] },
  { name: 'day of month', from: 1, to: 31, names: [] },
  { name: 'month', from: 1, to: 12, names: 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ') },
  { name: 'day of week', from: 1, to: 7, names: 'SUN MON TUE WED THU FRI SAT'.split(' ') },
  { name: 'year', from: 1970, to: 2199, names: [] },
] as const;

type Field = (typeof FIELDS)[number];

const MINUTE_MILLISECONDS = 60_000;
const DAY_MILLISECONDS = 86_400_000;

/**
 * Reads the six fields of an EventBridge cron expression: minutes, hours, day of month, month, day of week, year, in UTC.
 * Honoured are `,`, `-`, `*`, `/`, names, and `?` for one of the two days.
 *
 * @returns what gives the first time after another, epoch milliseconds, or `undefined` when there is none any more
 * @throws naming the field and its value, `L`, `W` and `#` included, which are not honoured here
 */
export function parseCron(fields: string): (after: number) => number | undefined {
  const values = fields.trim().split(/\s+/);
  if (values.length !== FIELDS.length) {
    throw new Error(
      `cron(${fields}) has ${values.length} fields; expected ${FIELDS.map(({ name }) => name).join(', ')}`,
    );
  }
  const [, , dayOfMonth, , dayOfWeek] = values;
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error(`cron(${fields}): exactly one of day of month and day of week must be ?`);
  }
  const [minutes, hours, days, months, weekDays, years] = FIELDS.map((field, index) =>
    allowedValues(values[index] as string, field, fields),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];

  return (after) => {
    const first = Math.floor(after / MINUTE_MILLISECONDS + 1) * MINUTE_MILLISECONDS;
    const lastYear = Math.max(...years);
    for (let day = Math.floor(first / DAY_MILLISECONDS) * DAY_MILLISECONDS; ; day += DAY_MILLISECONDS) {
      const date = new Date(day);
      if (date.getUTCFullYear() > lastYear) return undefined;
      const fits =
        years.has(date.getUTCFullYear()) &&
        months.has(date.getUTCMonth() + 1) &&
        days.has(date.getUTCDate()) &&
        weekDays.has(date.getUTCDay() + 1);
      if (!fits) continue;
      for (let time = Math.max(day, first); time < day + DAY_MILLISECONDS; time += MINUTE_MILLISECONDS) {
        const at = new Date(time);
        if (hours.has(at.getUTCHours()) && minutes.has(at.getUTCMinutes())) return time;
      }
    }
  };
}

function allowedValues(text: string, field: Field, fields: string): Set<number> {
  const wrong = (part: string) =>
    new Error(
      `cron(${fields}): ${field.name} is ${part}; honoured here are ${field.from} to ${field.to}` +
        `${field.names.length > 0 ? `, ${field.names.join(' ')}` : ''} with , - * / and ?`,
    );
  const number = (part: string): number => {
    const name = (field.names as readonly string[]).indexOf(part.toUpperCase());
    const value = name === -1 ? Number(/^\d+$/.test(part) ? part : Number.NaN) : name + field.from;
    if (!(value >= field.from && value <= field.to)) throw wrong(text);
    return value;
  };
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step, ...more] = part.split('/');
    if (more.length > 0 || (range === '?' && !field.name.startsWith('day'))) throw wrong(text);
    const [low = '', high, ...rest] = range.split('-');
    if (rest.length > 0) throw wrong(text);
    const all = range === '*' || range === '?';
    const from = all ? field.from : number(low);
    // `5/15` runs to the end of the field, `5` alone is one value.
    const to = all || (high === undefined && step !== undefined) ? field.to : number(high ?? low);
    const by = step === undefined ? 1 : Number(/^[1-9]\d*$/.test(step) ? step : Number.NaN);
    if (Number.isNaN(by) || from > to) throw wrong(text);
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return values;
}
