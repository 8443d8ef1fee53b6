/** An EventBridge event pattern, or a part of it: a list of matchers, or patterns of nested fields. */
export type EventPattern = { [field: string]: EventPattern | readonly unknown[] };

type Test = (value: unknown) => boolean;

/** Comparisons that a pattern can ask for as `{"<name>": …}`: from what is asked for to a test of the event's value. */
const MATCHERS: Readonly<Record<string, (operand: unknown, path: string) => Test>> = {
  prefix: (operand, path) => {
    const prefix = text(operand, path);
    return (value) => typeof value === 'string' && value.startsWith(prefix);
  },
  'anything-but': (operand, path) => {
    const nested = plainObject(operand);
    if (nested !== undefined) {
      const inner = compileMatcher(nested, path, ['prefix']);
      return (value) => value !== undefined && !inner(value);
    }
    const excluded = [operand].flat().map((each) => scalar(each, path));
    return (value) => value !== undefined && !excluded.includes(value as never);
  },
  exists: (operand, path) => {
    if (typeof operand !== 'boolean') throw new Error(`${path}: exists takes true or false`);
    return (value) => (value !== undefined) === operand;
  },
  numeric: (operand, path) => {
    const parts = Array.isArray(operand) ? (operand as unknown[]) : [];
    const tests = pairs(parts).map(([comparison, bound]) => {
      const compare = COMPARISONS[String(comparison)];
      if (compare === undefined || typeof bound !== 'number') {
        throw new Error(`${path}: numeric takes pairs of ${Object.keys(COMPARISONS).join(' ')} and a number`);
      }
      return (value: unknown) => typeof value === 'number' && compare(value, bound);
    });
    if (tests.length === 0) throw new Error(`${path}: numeric takes at least one comparison`);
    return (value) => tests.every((test) => test(value));
  },
};

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '=': (value, bound) => value === bound,
  '>=': (value, bound) => value >= bound,
  '>': (value, bound) => value > bound,
};

/**
 * Reads an event pattern: exact values, `prefix`, `anything-but`, `exists` and `numeric`.
 *
 * @returns what tells whether an event matches: every field of the pattern must, by any of its matchers; of a list in the
 *   event, any element
 * @throws on any other matcher, with its place
 */
export function compilePattern(pattern: unknown, path = 'EventPattern'): (event: unknown) => boolean {
  const object = plainObject(pattern);
  if (object === undefined || Object.keys(object).length === 0) {
    throw new Error(`${path} is ${JSON.stringify(pattern)}; expected a structure with at least one field`);
  }
  const fields = Object.entries(object).map(([field, expected]): [string, Test] => {
    const here = `${path}.${field}`;
    if (field.startsWith('$')) throw new Error(`${here} is not honoured by the local stack`);
    if (!Array.isArray(expected)) return [field, compilePattern(expected, here)];
    if (expected.length === 0) throw new Error(`${here} is an empty list: nothing could match it`);
    const tests = expected.map((each: unknown) => compileMatcher(each, here));
    return [
      field,
      (value) => {
        const elements: unknown[] = Array.isArray(value) && value.length > 0 ? value : [value];
        return elements.some((element) => tests.some((test) => test(element)));
      },
    ];
  });
  return (event) => fields.every(([field, test]) => test(plainObject(event)?.[field]));
}

function compileMatcher(matcher: unknown, path: string, allowed = Object.keys(MATCHERS)): Test {
  const object = plainObject(matcher);
  if (object === undefined) {
    const exact = scalar(matcher, path);
    return (value) => value === exact;
  }
  const [[name, operand] = ['', undefined], ...more] = Object.entries(object);
  if (more.length > 0 || !allowed.includes(name)) {
    const got = Object.keys(object).join(', ') || '{}';
    throw new Error(`${path}: matcher ${got} is not honoured by the local stack; honoured here: ${allowed.join(', ')}`);
  }
  return (MATCHERS[name] as (typeof MATCHERS)[string])(operand, path);
}

function plainObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function scalar(value: unknown, path: string): string | number | boolean | null {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as string;
  throw new Error(`${path}: expected text, a number, true, false or null, got ${JSON.stringify(value)}`);
}

function text(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`${path}: expected text, got ${JSON.stringify(value)}`);
}

function pairs(list: readonly unknown[]): [unknown, unknown][] {
  return Array.from({ length: Math.ceil(list.length / 2) }, (_, index) => [list[2 * index], list[2 * index + 1]]);
}
