import type { Operation } from '../servers/json-server.ts';
import { ServiceError } from '../servers/json-server.ts';
import type { Execution, StateMachines } from './state-machines.ts';

/** Step Functions' quotas. */
const MOST_INPUT_BYTES = 262_144;
const MOST_NAME_CHARACTERS = 80;
const MOST_RESULTS = 1000;
const STANDARD_RESULTS = 100;

/** What a name may not hold: blanks, brackets, wildcards, other special and control characters. */
// oxlint-disable-next-line no-control-regex -- control characters are among them
const NOT_IN_NAMES = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/;

/** The operations of Step Functions that the local stack has. */
export function stateOperations(machines: StateMachines): Record<string, Operation> {
  return {
    'AWSStepFunctions.StartExecution': {
      members: ['stateMachineArn', 'name', 'input', 'traceHeader'],
      run({ stateMachineArn, name, input = '{}' }) {
        checkName(name);
        checkInput(input);
        const execution = machines.start(String(stateMachineArn), name as string | undefined, input as string);
        return { executionArn: execution.arn, startDate: seconds(execution.startedAt) };
      },
    },
    'AWSStepFunctions.DescribeExecution': {
      members: ['executionArn'],
      run: ({ executionArn }) => description(machines.find(String(executionArn))),
    },
    'AWSStepFunctions.ListExecutions': {
      members: ['stateMachineArn', 'statusFilter', 'maxResults', 'nextToken'],
      run({ stateMachineArn, statusFilter, maxResults, nextToken }) {
        const all = machines
          .list(String(stateMachineArn))
          .filter(({ status }) => statusFilter === undefined || status === statusFilter);
        const from = nextToken === undefined ? 0 : all.findIndex(({ arn }) => arn === nextToken);
        if (from === -1) throw new ServiceError('InvalidToken', `Invalid Token: '${String(nextToken)}'`);
        const most = Math.min(Number(maxResults) || STANDARD_RESULTS, MOST_RESULTS);
        const following = all[from + most];
        return {
          executions: all.slice(from, from + most).map(summary),
          ...(following === undefined ? {} : { nextToken: following.arn }),
        };
      },
    },
    'AWSStepFunctions.StopExecution': {
      members: ['executionArn', 'error', 'cause'],
      run({ executionArn, error, cause }) {
        const execution = machines.abort(
          String(executionArn),
          error as string | undefined,
          cause as string | undefined,
        );
        return { stopDate: seconds(execution.endedAt ?? execution.startedAt) };
      },
    },
  };
}

function checkName(name: unknown): void {
  if (name === undefined) return;
  const fits = typeof name === 'string' && name.length >= 1 && name.length <= MOST_NAME_CHARACTERS;
  if (fits && !NOT_IN_NAMES.test(name)) return;
  throw new ServiceError('InvalidName', `Invalid Name: ${JSON.stringify(name)}`);
}

function checkInput(input: unknown): void {
  if (typeof input === 'string' && Buffer.byteLength(input) <= MOST_INPUT_BYTES) {
    try {
      JSON.parse(input);
      return;
    } catch {
      // Told below.
    }
  }
  throw new ServiceError(
    'InvalidExecutionInput',
    `Invalid State Machine Execution Input: expected JSON of up to ${MOST_INPUT_BYTES} bytes`,
  );
}

function summary(execution: Execution): Record<string, unknown> {
  const { arn, machineArn, name, status, startedAt, endedAt } = execution;
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: seconds(startedAt),
    ...(endedAt === undefined ? {} : { stopDate: seconds(endedAt) }),
    redriveCount: 0,
  };
}

function description(execution: Execution): Record<string, unknown> {
  const { input, output, error, cause } = execution;
  return {
    ...summary(execution),
    input,
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** The protocol has times in seconds. */
function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}
