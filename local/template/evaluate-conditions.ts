import type { Scope } from './resolve-intrinsics.ts';
import { resolveIntrinsics } from './resolve-intrinsics.ts';

/**
 * Gives the truth of each condition of a template by name; `undefined` for a name it does not have.
 *
 * @param ref parameters and pseudo parameters: conditions cannot look at resources
 */
export function evaluateConditions(
  conditions: Record<string, unknown>,
  ref: Scope['ref'],
): (name: string) => boolean | undefined {
  const underWay = new Set<string>();

  function byName(name: string): boolean | undefined {
    if (!Object.hasOwn(conditions, name)) return undefined;
    if (underWay.has(name)) throw new Error(`Conditions.${name} depends on itself`);
    underWay.add(name);
    const result = evaluate(conditions[name], `Conditions.${name}`);
    underWay.delete(name);
    return result;
  }

  function evaluate(expression: unknown, path: string): boolean {
    const [entry] = Object.entries((expression ?? {}) as Record<string, unknown>);
    if (entry === undefined) throw new Error(`${path}: expected a condition, got ${JSON.stringify(expression)}`);
    const [operator, argument] = entry;
    const operands = Array.isArray(argument) ? argument : [argument];
    switch (operator) {
      case 'Condition': {
        const result = byName(String(argument));
        if (result === undefined) throw new Error(`${path}: no condition is called ${String(argument)}`);
        return result;
      }
      case 'Fn::And':
        return operands.every((operand) => evaluate(operand, path));
      case 'Fn::Or':
        return operands.some((operand) => evaluate(operand, path));
      case 'Fn::Not':
        return !evaluate(operands[0], path);
      case 'Fn::Equals': {
        const [left, right] = operands.map((operand) => resolveIntrinsics(operand, scope, path));
        return String(left) === String(right);
      }
      default:
        throw new Error(
          `${path}: ${operator} is not honoured; honoured are Condition, Fn::And, Fn::Or, Fn::Not, Fn::Equals`,
        );
    }
  }

  const scope: Scope = { ref, attribute: () => undefined, condition: byName };
  return byName;
}
