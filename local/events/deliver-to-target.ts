import type { AsynchronousInvoker } from '../lambda/invoke-asynchronously.ts';
import type { LocalFunction } from '../lambda/local-function.ts';
import { wildcard } from '../wildcard.ts';
import type { BusEvent, Rule, RuleTarget } from './event-buses.ts';

/** Who may invoke a function, as `AWS::Lambda::Permission` says. */
export interface InvokePermission {
  /** `lambda:InvokeFunction`, or `lambda:InvokeFunctionUrl` for calls of the function's URL. */
  action: string;
  functionName: string;
  /** A service: `events.amazonaws.com`. */
  principal: string;
  /** The only source, `*` standing for any text; any source of the service when it is not given. */
  sourceArn?: string;
}

export interface DeliveryParts {
  functions: ReadonlyMap<string, LocalFunction>;
  permissions: readonly InvokePermission[];
  asynchronousInvoker: AsynchronousInvoker;
  sendMessage(queueArn: string, body: string, attributes: Record<string, string>): Promise<void>;
  writeToLogGroup(name: string, line: string): void;
  onProblem(problem: string): void;
}

/**
 * Hands an event to a rule's target: a function, asynchronously, a queue, or a log group.
 *
 * What cannot be handed over goes to the target's dead letters. Here every such failure is one that EventBridge would
 * not try again, such as a permission that is missing.
 */
export async function deliverToTarget(parts: DeliveryParts, rule: Rule, target: RuleTarget, event: BusEvent) {
  const { functions, permissions, asynchronousInvoker, sendMessage, writeToLogGroup, onProblem } = parts;
  const payload =
    target.input ?? JSON.stringify(target.selectInput === undefined ? event : (target.selectInput(event) ?? null));
  const logGroup = logGroupOf(target.arn);
  if (logGroup !== undefined) return writeToLogGroup(logGroup, payload);
  let failure: { code: string; message: string };

  if (target.arn.startsWith('arn:aws:lambda:')) {
    const name = functionNameOf(target.arn);
    const localFunction = functions.get(name);
    if (localFunction !== undefined && permissions.some((permission) => allows(permission, name, rule.arn))) {
      return asynchronousInvoker.invoke(localFunction, payload);
    }
    failure = {
      code: 'NO_PERMISSIONS',
      message: `No AWS::Lambda::Permission lets events.amazonaws.com invoke ${name} for the rule ${rule.name}`,
    };
  } else {
    try {
      return await sendMessage(target.arn, payload, {});
    } catch (error) {
      failure = { code: 'SDK_CLIENT_ERROR', message: String(error) };
    }
  }

  onProblem(`An event of the rule ${rule.name} did not reach its target ${target.id}: ${failure.message}`);
  if (target.deadLetterArn === undefined) return;
  await sendMessage(target.deadLetterArn, JSON.stringify(event), {
    RULE_ARN: rule.arn,
    TARGET_ARN: target.arn,
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message,
  });
}

/** The name in a function's ARN, or the name itself. */
export function functionNameOf(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? (nameOrArn.split(':')[6] ?? '') : nameOrArn;
}

/** The name in a log group's ARN, which ends with it, as a rule has it; undefined when it is none. */
export function logGroupOf(arn: string): string | undefined {
  return /^arn:aws:logs:[^:]*:[^:]*:log-group:([^:*]+)$/.exec(arn)?.[1];
}

function allows(permission: InvokePermission, name: string, ruleArn: string): boolean {
  const { action, functionName, principal, sourceArn } = permission;
  if (functionName !== name || principal !== 'events.amazonaws.com' || action !== 'lambda:InvokeFunction') return false;
  if (sourceArn === undefined) return true;
  return wildcard(sourceArn)(ruleArn);
}
