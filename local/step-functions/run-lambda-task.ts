import { functionNameOf } from '../events/deliver-to-target.ts';
import type { LocalFunction } from '../lambda/local-function.ts';
import type { State } from './definition.ts';
import { StatesError } from './states-error.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';
const INVOKE_PARAMETERS = ['FunctionName', 'Payload', 'InvocationType'];

/** Lists what of a Task state's resource is not honoured here. */
export function problemsOfTask(
  { Resource = '', Parameters }: State,
  functions: ReadonlyMap<string, LocalFunction>,
): string[] {
  const unknown = (nameOrArn: string) =>
    functions.has(functionNameOf(nameOrArn)) ? [] : [`${nameOrArn} is no function of this stack`];
  if (Resource.startsWith('arn:aws:lambda:')) return unknown(Resource);
  if (Resource !== INVOKE) {
    return [`Resource ${Resource} is not honoured here; honoured are ${INVOKE} and the ARN of a function`];
  }
  const parameters = (Parameters ?? {}) as Record<string, unknown>;
  const { FunctionName: name, InvocationType: type = 'RequestResponse' } = parameters;
  return [
    ...Object.keys(parameters)
      .filter((each) => !INVOKE_PARAMETERS.includes(each.replace(/\.\$$/, '')))
      .map((each) => `Parameters.${each} is not honoured here; honoured are ${INVOKE_PARAMETERS.join(', ')}`),
    ...(type === 'RequestResponse'
      ? []
      : [`Parameters.InvocationType is ${String(type)}; honoured is RequestResponse`]),
    ...(typeof name === 'string' ? unknown(name) : []),
  ];
}

/**
 * Runs a Task state: invokes a function of this stack and waits for it.
 *
 * @throws StatesError with the type of the function's error, its details as JSON in the cause
 */
export async function runLambdaTask(
  state: State,
  input: unknown,
  functions: ReadonlyMap<string, LocalFunction>,
): Promise<unknown> {
  const viaInvoke = state.Resource === INVOKE;
  const parameters = viaInvoke ? (input as { FunctionName: string; Payload?: unknown }) : undefined;
  const nameOrArn = parameters?.FunctionName ?? state.Resource ?? '';
  const localFunction = functions.get(functionNameOf(nameOrArn));
  if (localFunction === undefined) {
    throw new StatesError('Lambda.ResourceNotFoundException', `Function not found: ${nameOrArn}`);
  }
  const result = await localFunction.invoke(
    JSON.stringify(parameters === undefined ? input : (parameters.Payload ?? {})),
  );
  if ('error' in result) throw new StatesError(result.error.errorType, JSON.stringify(result.error));
  const Payload: unknown = JSON.parse(result.payload);
  return viaInvoke ? { ExecutedVersion: '$LATEST', Payload, StatusCode: 200 } : Payload;
}
