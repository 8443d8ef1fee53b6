import { StatesError } from './states-error.ts';

/** A call in a payload template: `States.Format('{}-{}', $.a, 1)`. */
export interface IntrinsicCall {
  name: string;
  arguments: IntrinsicArgument[];
}

type IntrinsicArgument = { path: string } | { value: unknown } | IntrinsicCall;

const FUNCTIONS: Readonly<Record<string, (...values: unknown[]) => unknown>> = {
  'States.Array': (...values) => values,
  'States.ArrayLength': (list) => (Array.isArray(list) ? list.length : fail('States.ArrayLength takes a list')),
  'States.Format'(template, ...values) {
    const parts = String(template).split('{}');
    if (parts.length - 1 !== values.length)
      fail(`States.Format has ${parts.length - 1} {} for ${values.length} values`);
    return parts.reduce((text, part, index) => text + asText(values[index - 1]) + part);
  },
  'States.JsonToString': (value) => JSON.stringify(value),
  'States.MathAdd': (a, b) => Number(a) + Number(b),
  'States.StringToJson'(text) {
    try {
      return JSON.parse(String(text)) as unknown;
    } catch {
      return fail('States.StringToJson takes JSON text');
    }
  },
};

/** @throws when the function is not known here, or the expression is no call */
export function parseIntrinsic(expression: string): IntrinsicCall {
  let at = 0;
  const skip = () => {
    while (expression[at] === ' ') at += 1;
  };
  const take = (pattern: RegExp): string | undefined => {
    skip();
    const match = pattern.exec(expression.slice(at))?.[0];
    at += match?.length ?? 0;
    return match;
  };
  const malformed = () =>
    new Error(
      `${JSON.stringify(expression)} is no intrinsic function; known here: ${Object.keys(FUNCTIONS).join(', ')}`,
    );

  function argument(): IntrinsicArgument {
    const quoted = take(/^'(?:[^'\\]|\\.)*'/);
    if (quoted !== undefined) return { value: quoted.slice(1, -1).replace(/\\(.)/g, '$1') };
    const path = take(/^\$[^,)\s]*/);
    if (path !== undefined) return { path };
    const literal = take(/^(?:-?\d+(?:\.\d+)?|true|false|null)/);
    return literal === undefined ? call() : { value: JSON.parse(literal) };
  }

  function call(): IntrinsicCall {
    const name = take(/^States\.\w+/);
    if (name === undefined || take(/^\(/) === undefined) throw malformed();
    if (!Object.hasOwn(FUNCTIONS, name)) {
      throw new Error(`${name} is not honoured here; known here: ${Object.keys(FUNCTIONS).join(', ')}`);
    }
    const values: IntrinsicArgument[] = [];
    if (take(/^\)/) === undefined) {
      do values.push(argument());
      while (take(/^,/) !== undefined);
      if (take(/^\)/) === undefined) throw malformed();
    }
    return { name, arguments: values };
  }

  const parsed = call();
  skip();
  if (at < expression.length) throw malformed();
  return parsed;
}

/** @throws StatesError `States.IntrinsicFailure` when the values are not what the function takes */
export function callIntrinsic(call: IntrinsicCall, look: (path: string) => unknown): unknown {
  const values = call.arguments.map((each) => {
    if ('path' in each) return look(each.path);
    return 'value' in each ? each.value : callIntrinsic(each, look);
  });
  return FUNCTIONS[call.name]?.(...values);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function fail(cause: string): never {
  throw new StatesError('States.IntrinsicFailure', cause);
}
