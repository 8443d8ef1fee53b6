import { randomUUID } from 'node:crypto';
import type { Invocation, InvocationError, InvocationResult } from './invocation.ts';
import { cpuOfTree } from './process-group.ts';
import type { RuntimeProcess, RuntimeProcessOptions } from './runtime-process.ts';
import { startRuntimeProcess } from './runtime-process.ts';

export interface LocalFunctionOptions extends RuntimeProcessOptions {
  logicalId: string;
  name: string;
  timeoutSeconds: number;
  /** How long the first try to load the handler may take; Lambda's 10 s unless given. */
  initLimitMilliseconds?: number;
  onReport?: (report: InvocationReport) => void;
}

/** What Lambda's REPORT line says of an invocation; times are milliseconds. */
export interface InvocationReport {
  functionName: string;
  memoryMegabytes: number;
  /** From the thaw to the freeze. */
  milliseconds: number;
  /** CPU that all processes of the environment have used meanwhile, to the tick of ten; 0 where there is no /proc. */
  cpuMilliseconds: number;
  /** How long loading the handler took, when this is the first invocation of its environment. */
  initMilliseconds?: number;
}

export interface EnvironmentState {
  /** Also the id of the process group. */
  processId: number;
  state: 'starting' | 'idle' | 'busy';
}

/** A function of the template. Each of its environments runs one invocation at a time and is kept for the next. */
export interface LocalFunction {
  logicalId: string;
  name: string;
  arn: string;
  timeoutSeconds: number;
  environments(): EnvironmentState[];
  /**
   * Runs the function in an idle environment, or in a new one when all are busy. Failures are results, not exceptions.
   *
   * @param payload JSON text
   */
  invoke(payload: string): Promise<InvocationResult>;
  /** Shuts its environments down as Lambda does. */
  stop(): Promise<void>;
}

/** Lambda's limit for the init phase. What has not started by then is started again, within the first invocation. */
const INIT_LIMIT_MILLISECONDS = 10_000;

export function createLocalFunction(options: LocalFunctionOptions): LocalFunction {
  const environments = new Map<RuntimeProcess, EnvironmentState>();
  const processes = new Set<RuntimeProcess>();
  /** How long environments took to start that were not used yet. */
  const initTimes = new Map<RuntimeProcess, number>();
  let stopped = false;

  async function start(limitMilliseconds: number): Promise<RuntimeProcess | { initError: InvocationError }> {
    const startedAt = performance.now();
    const runtime = await startRuntimeProcess(options);
    processes.add(runtime);
    environments.set(runtime, { processId: runtime.processId, state: 'starting' });
    void runtime.ended.then(() => {
      processes.delete(runtime);
      environments.delete(runtime);
    });
    if (stopped) runtime.kill();
    const initError = await runtime.initialise(limitMilliseconds);
    initTimes.set(runtime, performance.now() - startedAt);
    if (initError === undefined) return runtime;
    environments.delete(runtime);
    return { initError };
  }

  /** A new environment, started twice if need be, as Lambda does. */
  async function startAnew(): Promise<RuntimeProcess | { initError: InvocationError }> {
    const first = await start(options.initLimitMilliseconds ?? INIT_LIMIT_MILLISECONDS);
    if (!('initError' in first) || stopped) return first;
    const { errorType, errorMessage } = first.initError;
    options.onLine(`INIT_REPORT Phase: init Status: error Error Type: ${errorType} ${errorMessage}`);
    return start(options.timeoutSeconds * 1000);
  }

  async function runIn(runtime: RuntimeProcess, invocation: Invocation): Promise<InvocationResult> {
    const environment = environments.get(runtime);
    if (environment !== undefined) environment.state = 'busy';
    const [cpuBefore, startedAt] = [cpuOfTree(runtime.processId), performance.now()];
    const result = await runtime.invoke(invocation, options.timeoutSeconds);
    report(runtime, performance.now() - startedAt, Math.max(0, cpuOfTree(runtime.processId) - cpuBefore));
    if (environment !== undefined) environment.state = 'idle';
    // A dying environment must not be taken for the next invocation.
    if (!runtime.alive()) environments.delete(runtime);
    return result;
  }

  function report(runtime: RuntimeProcess, milliseconds: number, cpuMilliseconds: number): void {
    const { name: functionName, memoryMegabytes } = options;
    const init = initTimes.get(runtime);
    initTimes.delete(runtime);
    options.onReport?.({
      functionName,
      memoryMegabytes,
      milliseconds,
      cpuMilliseconds,
      ...(init === undefined ? {} : { initMilliseconds: init }),
    });
  }

  async function runInNew(invocation: Invocation): Promise<InvocationResult> {
    const runtime = await startAnew();
    return 'initError' in runtime ? { error: runtime.initError } : runIn(runtime, invocation);
  }

  return {
    logicalId: options.logicalId,
    name: options.name,
    arn: options.functionArn,
    timeoutSeconds: options.timeoutSeconds,
    environments: () => [...environments.values()].map((environment) => ({ ...environment })),

    async invoke(payload) {
      if (stopped) throw new Error(`${options.name} cannot be invoked: the local stack has been stopped`);
      const invocation = { requestId: randomUUID(), payload };
      // The one used last is the warmest. Nothing may be awaited between choosing it and marking it busy.
      const idle = [...environments].findLast(([, { state }]) => state === 'idle')?.[0];
      const result = await (idle === undefined ? runInNew(invocation) : runIn(idle, invocation));
      if ('error' in result) {
        const { errorType, errorMessage } = result.error;
        options.onLine(`${new Date().toISOString()} ${invocation.requestId} ${errorType}: ${errorMessage}`);
      }
      return result;
    },

    async stop() {
      stopped = true;
      await Promise.all([...processes].map((runtime) => runtime.shutDown()));
    },
  };
}
