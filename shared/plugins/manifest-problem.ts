import type { core } from 'zod';

/** Characters that are shown of a wrong value. */
const MAX_SHOWN = 60;

/** Says what is wrong at one place of plugin.json: `config[1].key: must be a string, but is 1`. */
export function manifestProblem(issue: core.$ZodIssue, json: unknown): string {
  const value = issue.path.reduce<unknown>((owner, key) => (owner as Record<PropertyKey, unknown>)?.[key], json);
  return `${pathText(issue.path)}: must be ${allowed(issue)}, but is ${shown(value)}`;
}

/** Zod's names of what it expects, in the words of JSON. */
const EXPECTED: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function allowed(issue: core.$ZodIssue): string {
  const { path } = issue;
  if (path.length === 1 && path[0] === 'config') return 'a list of fields or an object of fields by key';
  if (issue.code === 'too_small') return 'a string that is not empty';
  return issue.code === 'invalid_type' ? (EXPECTED[issue.expected] ?? issue.expected) : issue.message;
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function pathText(path: PropertyKey[]): string {
  if (path.length === 0) return 'the whole file';
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}
