import type { core } from 'zod';

/** Characters that are shown of a wrong value. */
const MAX_SHOWN = 60;

/** Says what is wrong at one place of a scenario: `steps[2].advance: must be a string, but is 5`. */
export function scenarioProblem(issue: core.$ZodIssue, scenario: unknown): string {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${pathText([...path, key])}: unknown key`).join('\n- ');
  }
  const value = path.reduce<unknown>((owner, key) => (owner as Record<PropertyKey, unknown>)?.[key], scenario);
  return `${pathText(path)}: ${demand(issue)}, but is ${shown(value)}`;
}

/** Zod's names of what it expects, in the words of JSON. */
const EXPECTED: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function demand(issue: core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `must be ${EXPECTED[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small') return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
  if (issue.code === 'invalid_union') return 'must be a string or a number';
  if (issue.code === 'invalid_format') return `must be ${issue.format}`;
  return issue.message;
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function pathText(path: PropertyKey[]): string {
  if (path.length === 0) return 'the whole scenario';
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const text = String(part);
      if (!/^[\w$]+$/.test(text)) return `[${JSON.stringify(text)}]`;
      return `${index > 0 ? '.' : ''}${text}`;
    })
    .join('');
}
