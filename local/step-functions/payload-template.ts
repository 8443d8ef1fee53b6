import { callIntrinsic, parseIntrinsic } from './intrinsic-functions.ts';
import type { PathScope } from './reference-path.ts';
import { lookUp, parsePath } from './reference-path.ts';
import { StatesError } from './states-error.ts';

/**
 * Fills a payload template, as in `Parameters`, `ResultSelector` and `ItemSelector`: the field `a.$` becomes `a`, with
 * the value that its path or intrinsic function gives.
 *
 * @throws StatesError `States.ParameterPathFailure` when a path names nothing
 */
export function fillTemplate(template: unknown, scope: PathScope): unknown {
  if (Array.isArray(template)) return template.map((element) => fillTemplate(element, scope));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([field, value]) =>
      field.endsWith('.$') ? [field.slice(0, -2), evaluate(String(value), scope)] : [field, fillTemplate(value, scope)],
    ),
  );
}

/** Lists what in a template is not honoured here: paths of another form, intrinsic functions that are not known. */
export function problemsOfTemplate(template: unknown, place: string): string[] {
  if (typeof template !== 'object' || template === null) return [];
  return Object.entries(template).flatMap(([field, value]) => {
    const here = `${place}.${field}`;
    if (Array.isArray(template) || !field.endsWith('.$')) return problemsOfTemplate(value, here);
    try {
      if (isPath(value)) parsePath(value);
      else parseIntrinsic(String(value));
      return [];
    } catch (error) {
      return [`${here}: ${(error as Error).message}`];
    }
  });
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('$');
}

function evaluate(expression: string, scope: PathScope): unknown {
  if (!isPath(expression)) return callIntrinsic(parseIntrinsic(expression), (path) => pathValue(path, scope));
  return pathValue(expression, scope);
}

function pathValue(path: string, scope: PathScope): unknown {
  const value = lookUp(path, scope);
  if (value !== undefined) return value;
  throw new StatesError('States.ParameterPathFailure', `The JSONPath '${path}' could not be found in the input`);
}
