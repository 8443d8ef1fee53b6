import { wildcard } from '../wildcard.ts';
import type { PathScope } from './reference-path.ts';
import { lookUp, requirePath } from './reference-path.ts';
import { StatesError } from './states-error.ts';

/** One rule of a Choice state: a comparison, or rules joined by And, Or, Not. The outermost has a `Next`. */
export interface ChoiceRule extends Record<string, unknown> {
  Variable?: string;
  And?: ChoiceRule[];
  Or?: ChoiceRule[];
  Not?: ChoiceRule;
  Next?: string;
}

type Compare = (value: never, operand: never) => boolean;

const ordered: Readonly<Record<string, (a: number | string, b: number | string) => boolean>> = {
  Equals: (a, b) => a === b,
  LessThan: (a, b) => a < b,
  GreaterThan: (a, b) => a > b,
  LessThanEquals: (a, b) => a <= b,
  GreaterThanEquals: (a, b) => a >= b,
};

/** Values of another type than a comparison is for never fit. */
const kinds: Readonly<Record<string, (value: unknown) => number | string | undefined>> = {
  String: (value) => (typeof value === 'string' ? value : undefined),
  Numeric: (value) => (typeof value === 'number' ? value : undefined),
  Timestamp: (value) => (isTimestamp(value) ? Date.parse(value) : undefined),
};

const COMPARISONS: Readonly<Record<string, Compare>> = Object.fromEntries([
  ...Object.entries(kinds).flatMap(([kind, read]) =>
    Object.entries(ordered).map(([name, compare]): [string, Compare] => [
      kind + name,
      (value, operand) => {
        const [a, b] = [read(value), read(operand)];
        return a !== undefined && b !== undefined && compare(a, b);
      },
    ]),
  ),
  ['BooleanEquals', (value, operand) => typeof value === 'boolean' && value === operand],
  ['StringMatches', (value, operand) => typeof value === 'string' && wildcard(operand)(value)],
  ['IsNull', (value, operand) => (value === null) === operand],
  ['IsNumeric', (value, operand) => (typeof value === 'number') === operand],
  ['IsString', (value, operand) => (typeof value === 'string') === operand],
  ['IsBoolean', (value, operand) => (typeof value === 'boolean') === operand],
  ['IsTimestamp', (value, operand) => isTimestamp(value) === operand],
] satisfies [string, Compare][]);

const COMPARISON_NAMES = ['IsPresent', ...Object.keys(COMPARISONS)];

/**
 * Gives the state that follows, by the first rule that holds.
 *
 * @throws StatesError `States.NoChoiceMatched` when none does and there is no default
 */
export function choose(choices: readonly ChoiceRule[], standard: string | undefined, scope: PathScope): string {
  const next = choices.find((rule) => holds(rule, scope))?.Next ?? standard;
  if (next !== undefined) return next;
  throw new StatesError('States.NoChoiceMatched', 'No Choice Rule matched, and there is no Default');
}

function holds(rule: ChoiceRule, scope: PathScope): boolean {
  if (rule.And !== undefined) return rule.And.every((each) => holds(each, scope));
  if (rule.Or !== undefined) return rule.Or.some((each) => holds(each, scope));
  if (rule.Not !== undefined) return !holds(rule.Not, scope);
  const name = comparisonOf(rule) as string;
  const variable = String(rule.Variable);
  if (name === 'IsPresent') return (lookUp(variable, scope) !== undefined) === rule[name];
  const value = requirePath(variable, scope);
  const isPath = !Object.hasOwn(COMPARISONS, name);
  const operand = isPath ? requirePath(String(rule[name]), scope) : rule[name];
  return (COMPARISONS[isPath ? name.slice(0, -'Path'.length) : name] as Compare)(value as never, operand as never);
}

/** Lists what in a rule is not honoured here. */
export function problemsOfChoice(rule: ChoiceRule, place: string): string[] {
  const nested = [...(rule.And ?? []), ...(rule.Or ?? []), ...(rule.Not === undefined ? [] : [rule.Not])];
  if (nested.length > 0) return nested.flatMap((each) => problemsOfChoice(each, place));
  const fields = Object.keys(rule).filter((field) => !['Variable', 'Next', 'Comment'].includes(field));
  if (fields.length === 1 && comparisonOf(rule) !== undefined) return [];
  return [
    `${place}: ${fields.join(', ') || 'no comparison'} is not honoured here; honoured are ${COMPARISON_NAMES.join(', ')}`,
  ];
}

function comparisonOf(rule: ChoiceRule): string | undefined {
  return Object.keys(rule).find(
    (field) =>
      COMPARISON_NAMES.includes(field) ||
      // The second operand may be a path, except for what only looks at one value.
      (field.endsWith('Path') && !field.startsWith('Is') && Object.hasOwn(COMPARISONS, field.slice(0, -'Path'.length))),
  );
}

function isTimestamp(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);
}
