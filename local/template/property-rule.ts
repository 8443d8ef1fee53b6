/**
 * What the local stack does with one property of a resource type.
 *
 * - `honoured`: how it takes effect.
 * - `accepted`: why it has no effect on this machine.
 * - `of`: the rules of the structure, or of each structure of the list, that the property holds.
 * - `only`: the values that are honoured; any other is an error.
 */
export type PropertyRule =
  | { honoured: string; only?: readonly unknown[]; of?: PropertyRules }
  | { accepted: string; only?: readonly unknown[] };

export type PropertyRules = Record<string, PropertyRule>;

/**
 * Lists each property that is neither honoured nor accepted, and each value that is not. A value that is still an
 * intrinsic function passes: it is looked at again once it is resolved.
 *
 * @param owner names resource and type, for the error texts
 */
export function problemsOfProperties(
  properties: Record<string, unknown>,
  rules: PropertyRules,
  owner: string,
  path = '',
): string[] {
  return Object.entries(properties).flatMap(([name, value]) => {
    const here = path === '' ? name : `${path}.${name}`;
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join(', ') || 'none';
      return [`${owner}: property ${here} is not honoured by the local stack; known here: ${known}`];
    }
    if (isIntrinsic(value)) return [];
    if (rule.only !== undefined && !rule.only.includes(value)) {
      const allowed = rule.only.map((each) => JSON.stringify(each)).join(', ');
      return [`${owner}: property ${here} is ${JSON.stringify(value)}; the local stack honours only ${allowed}`];
    }
    if (!('of' in rule) || rule.of === undefined) return [];
    const structures = Array.isArray(value) ? value : [value];
    return structures.flatMap((structure: unknown, index) => {
      const at = Array.isArray(value) ? `${here}[${index}]` : here;
      if (typeof structure !== 'object' || structure === null) {
        return [`${owner}: property ${at} is ${JSON.stringify(structure)}; expected a structure`];
      }
      return problemsOfProperties(structure as Record<string, unknown>, rule.of ?? {}, owner, at);
    });
  });
}

function isIntrinsic(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const [key, ...more] = Object.keys(value);
  return key !== undefined && more.length === 0 && (key === 'Ref' || key.startsWith('Fn::'));
}
