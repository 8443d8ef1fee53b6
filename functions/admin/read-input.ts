import type { core } from 'zod';
import { type FieldProblem, Problem } from './problem.ts';
import type { Route } from './route.ts';

/** JSON bodies are small: sources of a plugin are the largest. */
export const MOST_BODY_BYTES = 1_048_576;

/** A request as it came. */
export interface RawInput {
  params: Record<string, string>;
  query: Record<string, string | string[]>;
  contentType: string | undefined;
  body: Uint8Array;
}

/** Parameters by their names; one that is given more than once is a list. */
export function queryOf(parameters: URLSearchParams): RawInput['query'] {
  const names = new Set(parameters.keys());
  return Object.fromEntries(
    Array.from(names, (name) => {
      const values = parameters.getAll(name);
      return [name, values.length === 1 ? (values[0] as string) : values];
    }),
  );
}

export interface Input {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** Validates what came with a request against the route's schemas. @throws Problem that names every field that is wrong */
export function readInput(route: Route, raw: RawInput): Input {
  const body = readBody(route, raw);
  const problems: FieldProblem[] = [];
  const check = (part: 'params' | 'query' | 'body', value: unknown): unknown => {
    const schema = route[part];
    if (schema === undefined) return part === 'body' ? value : {};
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    problems.push(...parsed.error.issues.flatMap((issue) => problemsOfIssue(issue, part)));
    return undefined;
  };
  const input = { params: check('params', raw.params), query: check('query', raw.query), body: check('body', body) };
  if (problems.length > 0) throw inputProblem(problems);
  return input;
}

export function inputProblem(errors: FieldProblem[]): Problem {
  const [first] = errors;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  return new Problem('invalid_input', `${first?.path}: ${first?.message}${more}`, { errors });
}

function readBody(route: Route, { body, contentType }: RawInput): unknown {
  const mostBytes = route.bodyBytes ?? MOST_BODY_BYTES;
  if (body.byteLength > mostBytes) {
    throw new Problem('payload_too_large', `The body has ${body.byteLength} bytes; allowed are up to ${mostBytes}`);
  }
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (route.bodyBytes !== undefined) {
    if (type === 'application/octet-stream') return body;
    throw wrongType(type, 'application/octet-stream');
  }
  if (route.body === undefined) return undefined;
  if (body.byteLength === 0) return route.body.safeParse(undefined).success ? undefined : {};
  if (type !== 'application/json') throw wrongType(type, 'application/json');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Problem('parse_error', 'The body is not JSON in UTF-8');
  }
}

function wrongType(type: string | undefined, allowed: string): Problem {
  return new Problem('unsupported_media_type', `Content-Type is ${type ?? 'missing'}; allowed is ${allowed}`);
}

function problemsOfIssue(issue: core.$ZodIssue, part: string): FieldProblem[] {
  const path = [part, ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'there is no such field' }));
  }
  return [{ path: path.join('.'), message: issue.message }];
}
