/** What intrinsic functions may look at. Each answers `undefined` for a name it does not know. */
export interface Scope {
  /** A resource's Ref, a parameter, or a pseudo parameter such as `AWS::Region`. */
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
  condition(name: string): boolean | undefined;
}

/** Stands for `AWS::NoValue`: the property that has this value is left out. */
export const NO_VALUE = Symbol('AWS::NoValue');

/**
 * Replaces every intrinsic function within `value`.
 *
 * @param path where the value stands, for errors: `Environment.Variables.NAME`
 * @throws on an intrinsic function that is not honoured, malformed, or that names something unknown
 */
export function resolveIntrinsics(value: unknown, scope: Scope, path: string): unknown {
  if (Array.isArray(value)) {
    return value
      .map((element, index) => resolveIntrinsics(element, scope, `${path}[${index}]`))
      .filter((element) => element !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return value;

  const keys = Object.keys(value);
  const intrinsic = keys.find((key) => key === 'Ref' || key.startsWith('Fn::'));
  if (intrinsic !== undefined) {
    if (keys.length > 1) throw new Error(`${path}: ${intrinsic} stands beside other keys (${keys.join(', ')})`);
    return callIntrinsic(intrinsic, (value as Record<string, unknown>)[intrinsic], scope, path);
  }
  const resolved: Record<string, unknown> = {};
  for (const [key, element] of Object.entries(value)) {
    const result = resolveIntrinsics(element, scope, path === '' ? key : `${path}.${key}`);
    if (result !== NO_VALUE) resolved[key] = result;
  }
  return resolved;
}

type Intrinsic = (argument: unknown, scope: Scope, path: string) => unknown;

const INTRINSICS: Record<string, Intrinsic> = {
  Ref(argument, scope, path) {
    const name = text(argument, path);
    const value = scope.ref(name);
    if (value === undefined) throw new Error(`${path}: Ref to ${name}, which the template does not have`);
    return value;
  },

  'Fn::GetAtt'(argument, scope, path) {
    const [logicalId, attribute] = attributeNames(argument, path);
    return requireAttribute(logicalId, attribute, scope, path);
  },

  'Fn::Sub'(argument, scope, path) {
    const [pattern, ownValues] = Array.isArray(argument) ? argument : [argument, {}];
    const own = resolveIntrinsics(ownValues, scope, path) as Record<string, unknown>;
    return text(pattern, path).replace(/\$\{([^}]*)\}/g, (_match, name: string) => {
      // CloudFormation's escape: `${!Name}` is the literal `${Name}`.
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (Object.hasOwn(own, name)) return text(own[name], path);
      const dot = name.indexOf('.');
      const value =
        dot === -1 ? scope.ref(name) : requireAttribute(name.slice(0, dot), name.slice(dot + 1), scope, path);
      if (value === undefined) throw new Error(`${path}: \${${name}} names nothing that the template has`);
      return text(value, path);
    });
  },

  'Fn::Join'(argument, scope, path) {
    const [delimiter, elements] = list(argument, path);
    const parts = list(resolveIntrinsics(elements, scope, path), path);
    return parts.map((part) => text(part, path)).join(text(delimiter, path));
  },

  'Fn::Select'(argument, scope, path) {
    const [index, elements] = list(resolveIntrinsics(argument, scope, path), path);
    const all = list(elements, path);
    const selected = all[Number(index)];
    if (selected === undefined) {
      throw new Error(`${path}: Fn::Select asks for element ${String(index)} of a list of ${all.length}`);
    }
    return selected;
  },

  'Fn::Split'(argument, scope, path) {
    const [delimiter, source] = list(resolveIntrinsics(argument, scope, path), path);
    return text(source, path).split(text(delimiter, path));
  },

  'Fn::If'(argument, scope, path) {
    const [name, whenTrue, whenFalse] = list(argument, path);
    const condition = scope.condition(text(name, path));
    if (condition === undefined) {
      throw new Error(`${path}: Fn::If names the condition ${String(name)}, which the template does not have`);
    }
    return resolveIntrinsics(condition ? whenTrue : whenFalse, scope, path);
  },
};

function callIntrinsic(name: string, argument: unknown, scope: Scope, path: string): unknown {
  const intrinsic = INTRINSICS[name];
  if (intrinsic === undefined) {
    throw new Error(`${path}: ${name} is not honoured; honoured are ${Object.keys(INTRINSICS).join(', ')}`);
  }
  return intrinsic(argument, scope, path);
}

/** `Fn::GetAtt` takes a pair or one dotted string; the attribute itself may hold dots. */
export function attributeNames(argument: unknown, path: string): [logicalId: string, attribute: string] {
  if (Array.isArray(argument) && argument.length === 2) return [text(argument[0], path), text(argument[1], path)];
  if (typeof argument === 'string' && argument.includes('.')) {
    const dot = argument.indexOf('.');
    return [argument.slice(0, dot), argument.slice(dot + 1)];
  }
  throw new Error(`${path}: Fn::GetAtt takes [resource, attribute], got ${JSON.stringify(argument)}`);
}

function requireAttribute(logicalId: string, attribute: string, scope: Scope, path: string): unknown {
  const value = scope.attribute(logicalId, attribute);
  if (value === undefined) throw new Error(`${path}: the local stack has no attribute ${attribute} of ${logicalId}`);
  return value;
}

function text(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`${path}: expected text, got ${JSON.stringify(value) ?? String(value)}`);
}

function list(value: unknown, path: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${path}: expected a list, got ${JSON.stringify(value) ?? String(value)}`);
}
