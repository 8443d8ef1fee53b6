import { runtimeError, StatesError } from './states-error.ts';

/** What a path can look at. */
export interface PathScope {
  /** `$` */
  input: unknown;
  /** `$$` */
  context: unknown;
}

interface Path {
  root: 'input' | 'context';
  steps: (string | number)[];
}

const STEP = /\.([A-Za-z_][\w-]*)|\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]/y;

/**
 * Reads a path that names one value: `$`, `$.a.b`, `$['a b'][0]`, `$$.Execution.Name`.
 *
 * @throws on any other JSONPath, such as one with a filter, a slice or `*`
 */
export function parsePath(text: string): Path {
  const root = text.startsWith('$$') ? 'context' : 'input';
  const steps: (string | number)[] = [];
  let at = root === 'context' ? 2 : 1;
  while (text.startsWith('$') && at < text.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (match === null) break;
    const [, name, quoted, index] = match;
    steps.push(index === undefined ? (name ?? (quoted as string).replace(/\\(.)/g, '$1')) : Number(index));
    at = STEP.lastIndex;
  }
  if (!text.startsWith('$') || at < text.length) {
    throw new Error(
      `path ${JSON.stringify(text)} is not honoured here; honoured are $, $.a.b, $['a'], $.a[0] and $$.a`,
    );
  }
  return { root, steps };
}

/** Gives the value that a path names; `undefined` when there is none. */
export function lookUp(path: string, scope: PathScope): unknown {
  const { root, steps } = parsePath(path);
  return steps.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    return (value as Record<string | number, unknown>)[step];
  }, scope[root]);
}

/** @throws StatesError `States.Runtime` when a path names nothing */
export function requirePath(path: string, scope: PathScope): unknown {
  const value = lookUp(path, scope);
  if (value === undefined) throw runtimeError(`Invalid path '${path}': it names nothing in the input`);
  return value;
}

/**
 * Gives a copy of `input` in which a path has a value, as `ResultPath` says.
 *
 * @param path `null` leaves the input as it is
 * @throws StatesError `States.ResultPathMatchFailure` when something on the way is no object
 */
export function withResult(input: unknown, path: string | null, result: unknown): unknown {
  if (path === null) return input;
  const { steps } = parsePath(path);
  const place = (value: unknown, [step, ...rest]: (string | number)[]): unknown => {
    if (step === undefined) return result;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if ((value !== undefined && !isObject) || typeof step === 'number') {
      throw new StatesError('States.ResultPathMatchFailure', `The ResultPath ${path} cannot be put into the input`);
    }
    return {
      ...value,
      [step]: place((value as Record<string, unknown> | undefined)?.[step], rest),
    };
  };
  return place(input, steps);
}
