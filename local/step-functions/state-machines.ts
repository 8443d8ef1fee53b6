import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ServiceError } from '../servers/json-server.ts';
import type { Clock } from '../time/clock.ts';
import type { Definition, State } from './definition.ts';
import { interpret } from './interpret.ts';
import type { Journal } from './journal.ts';
import { createJournalFolder } from './journal.ts';
import { StatesError } from './states-error.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One execution; times are epoch milliseconds, `input` and `output` JSON text. */
export interface Execution extends ExecutionEnd {
  arn: string;
  machineArn: string;
  name: string;
  input: string;
  startedAt: number;
}

interface ExecutionEnd {
  status: ExecutionStatus;
  endedAt?: number;
  output?: string;
  error?: string;
  cause?: string;
}

interface ExecutionStart {
  machineName: string;
  roleArn: string;
  input: string;
  startedAt: number;
  /** An execution goes on with the definition that it began with. */
  definition: Definition;
}

export interface StateMachine {
  name: string;
  roleArn: string;
  definition: Definition;
}

export interface StateMachinesOptions {
  clock: Clock;
  region: string;
  accountId: string;
  /** Keeps executions from run to run; in memory when it is not given. */
  directory?: string;
  runTask(state: State, input: unknown): Promise<unknown>;
  onProblem(problem: string): void;
  /** Told of every state transition, retries included. */
  onTransition?: () => void;
}

export interface StateMachines {
  /** Makes a state machine and gives its ARN. */
  add(machine: StateMachine): string;
  /** Goes on with what the last run left. */
  resume(): void;
  /** @throws ServiceError `StateMachineDoesNotExist`, `ExecutionAlreadyExists` */
  start(machineArn: string, name: string | undefined, input: string): Execution;
  /** @throws ServiceError `ExecutionDoesNotExist` */
  find(executionArn: string): Execution;
  /** Newest first. @throws ServiceError `StateMachineDoesNotExist` */
  list(machineArn: string): Execution[];
  abort(executionArn: string, error?: string, cause?: string): Execution;
  /** Leaves executions as they are: they go on in the next run. */
  stop(): Promise<void>;
}

/** Thrown into an execution to end it as one that did not fail by itself. */
class Ended extends Error {
  readonly end: ExecutionEnd | undefined;
  constructor(end?: ExecutionEnd) {
    super('ended');
    this.end = end;
  }
}

/** Keeps the stack's state machines and their executions. */
export function createStateMachines(options: StateMachinesOptions): StateMachines {
  const { clock, region, accountId, directory, runTask, onProblem } = options;
  const machines = new Map<string, StateMachine>();
  const executions = new Map<string, Execution>();
  const controllers = new Map<Execution, AbortController>();
  const runs = new Set<Promise<void>>();
  const arnOf = (kind: string, name: string) => `arn:aws:states:${region}:${accountId}:${kind}:${name}`;
  const folderOf = (machineName: string) =>
    createJournalFolder(directory === undefined ? undefined : join(directory, machineName));

  function machineOf(machineArn: string): StateMachine {
    const machine = machines.get(machineArn);
    if (machine !== undefined) return machine;
    throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machineArn}'`);
  }

  function executionOf(executionArn: string): Execution {
    const execution = executions.get(executionArn);
    if (execution !== undefined) return execution;
    throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
  }

  function open(start: ExecutionStart, name: string): Execution {
    const { machineName, input, startedAt } = start;
    const machineArn = arnOf('stateMachine', machineName);
    const arn = arnOf('execution', `${machineName}:${name}`);
    const execution: Execution = { arn, machineArn, name, input, startedAt, status: 'RUNNING' };
    executions.set(arn, execution);
    return execution;
  }

  function launch(execution: Execution, start: ExecutionStart, journal: Journal): void {
    const controller = new AbortController();
    controllers.set(execution, controller);
    const run = follow(execution, start, journal, controller)
      .catch((error: unknown) => {
        if (!(error instanceof Ended)) onProblem(`The execution ${execution.arn} was left behind: ${String(error)}`);
      })
      .finally(() => {
        controllers.delete(execution);
        runs.delete(run);
      });
    runs.add(run);
  }

  async function follow(execution: Execution, start: ExecutionStart, journal: Journal, controller: AbortController) {
    const { definition, startedAt, roleArn, machineName } = start;
    const { TimeoutSeconds } = definition;
    const cancelTimeout =
      TimeoutSeconds === undefined
        ? () => {}
        : clock.at(startedAt + TimeoutSeconds * 1000, () =>
            controller.abort(new Ended({ status: 'TIMED_OUT', error: 'States.Timeout' })),
          );
    const input: unknown = JSON.parse(execution.input);
    const StartTime = new Date(startedAt).toISOString();
    const context = {
      Execution: { Id: execution.arn, Input: input, Name: execution.name, RoleArn: roleArn, StartTime },
      StateMachine: { Id: execution.machineArn, Name: machineName },
    };
    try {
      const { signal } = controller;
      const output = await interpret(definition, input, {
        clock,
        journal,
        signal,
        context,
        runTask,
        onTransition: options.onTransition ?? (() => {}),
      });
      conclude(execution, journal, { status: 'SUCCEEDED', output: JSON.stringify(output) });
    } catch (error) {
      if (error instanceof StatesError) {
        conclude(execution, journal, { status: 'FAILED', error: error.error, cause: error.message });
      } else if (error instanceof Ended && error.end !== undefined) conclude(execution, journal, error.end);
      else throw error;
    } finally {
      cancelTimeout();
    }
  }

  function conclude(execution: Execution, journal: Journal, end: ExecutionEnd): void {
    Object.assign(execution, { endedAt: clock.now(), ...end });
    journal.record('end', { endedAt: execution.endedAt, ...end });
  }

  return {
    add(machine) {
      const arn = arnOf('stateMachine', machine.name);
      machines.set(arn, machine);
      const folder = folderOf(machine.name);
      for (const name of folder.names()) {
        const journal = folder.open(name);
        const start = journal.recall('start') as ExecutionStart | undefined;
        if (start !== undefined) Object.assign(open(start, name), journal.recall('end'));
      }
      return arn;
    },

    resume() {
      for (const execution of executions.values()) {
        if (execution.status !== 'RUNNING' || controllers.has(execution)) continue;
        const journal = folderOf(execution.machineArn.split(':')[6] ?? '').open(execution.name);
        launch(execution, journal.recall('start') as ExecutionStart, journal);
      }
    },

    start(machineArn, name = randomUUID(), input) {
      const machine = machineOf(machineArn);
      const known = executions.get(arnOf('execution', `${machine.name}:${name}`));
      if (known?.status === 'RUNNING' && known.input === input) return known;
      if (known !== undefined) {
        throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${known.arn}'`);
      }
      const { name: machineName, roleArn, definition } = machine;
      const start: ExecutionStart = { machineName, roleArn, input, startedAt: clock.now(), definition };
      const journal = folderOf(machineName).open(name);
      journal.record('start', start);
      const execution = open(start, name);
      launch(execution, start, journal);
      return execution;
    },

    find: executionOf,
    list(machineArn) {
      machineOf(machineArn);
      return [...executions.values()]
        .filter((execution) => execution.machineArn === machineArn)
        .sort((a, b) => b.startedAt - a.startedAt);
    },

    abort(executionArn, error, cause) {
      const execution = executionOf(executionArn);
      const end = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
      // At once, so that whoever asks next sees it; an execution that has ended stays as it is.
      if (execution.status === 'RUNNING') Object.assign(execution, { status: 'ABORTED', endedAt: clock.now(), ...end });
      controllers.get(execution)?.abort(new Ended({ status: 'ABORTED', ...end }));
      return execution;
    },

    async stop() {
      for (const controller of controllers.values()) controller.abort(new Ended());
      await Promise.all(runs);
    },
  };
}
