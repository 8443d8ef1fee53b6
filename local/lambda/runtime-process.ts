import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Invocation, InvocationError, InvocationResult } from './invocation.ts';
import { memoryOfTree, signalGroup } from './process-group.ts';
import { readLines } from './read-lines.ts';
import { startRuntimeApi } from './runtime-api.ts';
import type { Keeper } from './start-keeper.ts';

export interface RuntimeProcessOptions {
  functionArn: string;
  bootstrapPath: string;
  taskRoot: string;
  variables: Record<string, string>;
  memoryMegabytes: number;
  keeper: Keeper;
  /** The stack's time; what the function is told of its deadline is in it. */
  now: () => number;
  standBetween?: StandBetween;
  onLine(line: string): void;
}

/**
 * Asked before each process starts, with the variables that it would have, the address of its Runtime API among them. Whoever gives it other
 * addresses sees everything that the function says and hears.
 */
export type StandBetween = (variables: Readonly<Record<string, string>>) => Promise<{
  variables: Record<string, string>;
  onStart(processId: number): void;
  onEnd(): void;
}>;

/** One process that runs a function's bundle, and whatever processes it has started. */
export interface RuntimeProcess {
  processId: number;
  /** False from the moment it is killed or seen dead. */
  alive(): boolean;
  /** Resolves when the process has ended, for whatever reason. */
  ended: Promise<void>;
  /** Waits until the handler is loaded, then freezes. Gives the error when that fails; the process is dead then. */
  initialise(limitMilliseconds: number): Promise<InvocationError | undefined>;
  /** Thaws, runs one invocation, freezes. After an error other than the handler's own, the process is dead. */
  invoke(invocation: Invocation, timeoutSeconds: number): Promise<InvocationResult>;
  /** Ends the process as Lambda does: with an extension, SIGTERM comes 500 ms before SIGKILL. Resolves when it has ended and its lines have been read. */
  shutDown(): Promise<void>;
  kill(): void;
}

/** How a phase ended, init or invoke: the runtime asked for more work, or the process is over. */
type PhaseEnd = { next: true } | { error: InvocationError };

const MEBIBYTE = 1024 * 1024;
const MEMORY_POLL_MILLISECONDS = 100;
/** What Lambda gives a function with an internal extension. */
const SHUTDOWN_MILLISECONDS = 500;
/** How long a process that has ended is waited for to close its output: another that has left the group may hold it open. */
const LAST_LINES_MILLISECONDS = 200;

/** Starts a function's process behind a Runtime API of its own. It runs until it is frozen by the end of `initialise`. */
export async function startRuntimeProcess(options: RuntimeProcessOptions): Promise<RuntimeProcess> {
  let endPhase: ((end: PhaseEnd) => void) | undefined;
  let answer: InvocationResult | undefined;

  const api = await startRuntimeApi({
    onNext: () => endPhase?.({ next: true }),
    onResponse: (payload) => (answer ??= { payload }),
    onError: (error) => (answer ??= { error }),
    onInitError: (error) => endPhase?.({ error }),
  });
  const own = { ...options.variables, AWS_LAMBDA_RUNTIME_API: api.address };
  const between = await options.standBetween?.(own);
  const child = launch(options, between?.variables ?? own);
  const processId = child.pid;
  if (processId === undefined) {
    between?.onEnd();
    api.close();
    throw new Error(`${options.functionArn}: no process could be started in ${options.taskRoot}`);
  }
  options.keeper.watch(processId);
  between?.onStart(processId);
  let alive = true;
  const closed = once(child, 'close');

  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      // The group's leader is gone; what it has started goes with it.
      kill();
      between?.onEnd();
      api.close();
      options.keeper.unwatch(processId);
      endPhase?.({ error: exitError(code, signal) });
      resolve();
    });
  });

  function kill(): void {
    alive = false;
    signalGroup(processId as number, 'SIGKILL');
  }

  async function shutDown(): Promise<void> {
    if (alive && api.hasExtensions()) {
      alive = false;
      // Whoever is stopped gets no signal but this one.
      signalGroup(processId as number, 'SIGCONT');
      signalGroup(processId as number, 'SIGTERM');
      await Promise.race([ended, sleep(SHUTDOWN_MILLISECONDS, undefined, { ref: false })]);
    }
    kill();
    await ended;
    await Promise.race([closed, sleep(LAST_LINES_MILLISECONDS, undefined, { ref: false })]);
  }

  async function phase(limitMilliseconds: number, timeoutError: InvocationError): Promise<PhaseEnd> {
    if (!alive) return { error: exitError(child.exitCode, child.signalCode) };
    const end = await new Promise<PhaseEnd>((resolve) => {
      const timer = setTimeout(() => endPhase?.({ error: timeoutError }), limitMilliseconds);
      const poll = setInterval(() => {
        if (memoryOfTree(processId as number) > options.memoryMegabytes * MEBIBYTE) {
          endPhase?.({ error: OUT_OF_MEMORY });
        }
      }, MEMORY_POLL_MILLISECONDS);
      endPhase = (how) => {
        endPhase = undefined;
        clearTimeout(timer);
        clearInterval(poll);
        resolve(how);
      };
    });
    if ('next' in end) signalGroup(processId as number, 'SIGSTOP');
    else kill();
    return end;
  }

  return {
    processId,
    alive: () => alive,
    ended,
    shutDown,
    kill,
    async initialise(limitMilliseconds) {
      const seconds = (limitMilliseconds / 1000).toFixed(2);
      const end = await phase(limitMilliseconds, timedOut(`Init timed out after ${seconds} seconds`));
      return 'error' in end ? end.error : undefined;
    },
    async invoke(invocation, timeoutSeconds) {
      answer = undefined;
      const limitMilliseconds = timeoutSeconds * 1000;
      const end = phase(limitMilliseconds, timedOut(`Task timed out after ${timeoutSeconds.toFixed(2)} seconds`));
      signalGroup(processId, 'SIGCONT');
      const { functionArn } = options;
      api.deliver(invocation, { functionArn, deadlineMilliseconds: options.now() + limitMilliseconds });
      const how = await end;
      // An answer that was given before the process ended counts, as on Lambda.
      if (answer !== undefined) return answer;
      if ('error' in how) return how;
      return { error: { errorType: 'Runtime.NoResponse', errorMessage: 'The runtime gave no response', trace: [] } };
    },
  };
}

function launch(options: RuntimeProcessOptions, variables: Record<string, string>): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      // Nine tenths of the memory for the heap; the rest is for all else that the process holds.
      `--max-old-space-size=${Math.floor(options.memoryMegabytes * 0.9)}`,
      // Lambda switches this off in its Node.js runtimes.
      '--no-experimental-require-module',
      options.bootstrapPath,
    ],
    {
      cwd: options.taskRoot,
      env: variables,
      // A group of its own, so that what the function starts is frozen and killed with it.
      detached: true,
      // The fourth is the lifeline: it closes when this process ends.
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  for (const stream of [child.stdout, child.stderr]) readLines(stream as Readable, options.onLine);
  (child.stdio[3] as Readable).on('error', () => {});
  // A process that could not be started has no id, which the caller reports.
  child.on('error', () => {});
  return child;
}

const OUT_OF_MEMORY: InvocationError = {
  errorType: 'Runtime.OutOfMemory',
  errorMessage: 'Runtime exited with error: signal: killed',
  trace: [],
};

function timedOut(errorMessage: string): InvocationError {
  return { errorType: 'Sandbox.Timedout', errorMessage, trace: [] };
}

function exitError(code: number | null, signal: NodeJS.Signals | null): InvocationError {
  const how = signal === null ? `exit status ${code}` : `signal: ${signal.replace('SIG', '').toLowerCase()}`;
  // Lambda says `killed`, as Go names the signal.
  const errorMessage =
    code === 0
      ? 'Runtime exited without providing a reason'
      : `Runtime exited with error: ${how === 'signal: kill' ? 'signal: killed' : how}`;
  return { errorType: 'Runtime.ExitError', errorMessage, trace: [] };
}
