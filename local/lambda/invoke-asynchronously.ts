import { randomUUID } from 'node:crypto';
import type { Clock } from '../time/clock.ts';
import type { InvocationResult } from './invocation.ts';
import type { LocalFunction } from './local-function.ts';

/** What becomes of a function's asynchronous events that fail, as `AWS::Lambda::EventInvokeConfig` says. */
export interface AsynchronousConfig {
  /** 0 to 2; how often a failed event is tried again. */
  maximumRetryAttempts: number;
  maximumEventAgeSeconds: number;
  /** ARNs of queues. */
  onFailure?: string;
  onSuccess?: string;
}

export interface AsynchronousInvoker {
  configure(functionName: string, config: Partial<AsynchronousConfig>): void;
  /** A queue, by its ARN, that failed events go to as they came. */
  setDeadLetters(functionName: string, queueArn: string): void;
  /** Takes an event; it is run, and tried again, by and by. */
  invoke(localFunction: LocalFunction, payload: string): void;
  /** Gives up what waits for another try, and waits for what runs. */
  stop(): Promise<void>;
}

export interface AsynchronousInvokerOptions {
  clock: Clock;
  sendMessage(queueArn: string, body: string, attributes: Record<string, string>): Promise<void>;
  onProblem(problem: string): void;
}

/** Lambda's defaults: two more tries, within six hours. */
const DEFAULTS: AsynchronousConfig = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 };
/** Lambda waits one minute before the second try, and two before the third. */
const WAIT_MILLISECONDS = [60_000, 120_000];

interface Attempt {
  localFunction: LocalFunction;
  payload: string;
  requestId: string;
  takenAt: number;
  tries: number;
}

/** Invokes functions as Lambda does for callers that do not wait, such as EventBridge. Events that wait are in memory. */
export function createAsynchronousInvoker(options: AsynchronousInvokerOptions): AsynchronousInvoker {
  const { clock, sendMessage, onProblem } = options;
  const configs = new Map<string, AsynchronousConfig>();
  const deadLetters = new Map<string, string>();
  const running = new Set<Promise<void>>();
  const waiting = new Set<() => void>();
  const detach = clock.attach({
    underWay: () => (running.size > 0 ? `${running.size} asynchronous invocations` : undefined),
  });
  let stopped = false;

  function start(attempt: Attempt): void {
    const run = tryOnce(attempt)
      .catch((error: unknown) => {
        if (!stopped) onProblem(`An event for ${attempt.localFunction.name} was lost: ${String(error)}`);
      })
      .finally(() => running.delete(run));
    running.add(run);
  }

  async function tryOnce(attempt: Attempt): Promise<void> {
    const { localFunction, payload, takenAt, tries } = attempt;
    const config = configs.get(localFunction.name) ?? DEFAULTS;
    const result = await localFunction.invoke(payload);
    if (stopped) return;
    if ('payload' in result) return tell(config.onSuccess, attempt, 'Success', result);

    const waitMilliseconds = WAIT_MILLISECONDS[tries - 1] ?? Number.POSITIVE_INFINITY;
    if (tries > config.maximumRetryAttempts) return giveUp(attempt, 'RetriesExhausted', result);
    if (clock.now() + waitMilliseconds - takenAt > config.maximumEventAgeSeconds * 1000) {
      return giveUp(attempt, 'EventAgeExceeded', result);
    }
    const cancel = clock.at(clock.now() + waitMilliseconds, () => {
      waiting.delete(cancel);
      start({ ...attempt, tries: tries + 1 });
    });
    waiting.add(cancel);
  }

  async function giveUp(attempt: Attempt, condition: string, result: InvocationResult): Promise<void> {
    const { localFunction, payload, requestId } = attempt;
    const { onFailure } = configs.get(localFunction.name) ?? DEFAULTS;
    const queueArn = deadLetters.get(localFunction.name);
    if (queueArn !== undefined) {
      const errorMessage = 'error' in result ? result.error.errorMessage : '';
      await sendMessage(queueArn, payload, {
        RequestID: requestId,
        ErrorCode: '200',
        ErrorMessage: errorMessage.slice(0, 1024),
      });
    }
    await tell(onFailure, attempt, condition, result);
    if (queueArn === undefined && onFailure === undefined) {
      onProblem(`An event for ${localFunction.name} was given up after ${attempt.tries} tries (${condition})`);
    }
  }

  async function tell(queueArn: string | undefined, attempt: Attempt, condition: string, result: InvocationResult) {
    if (queueArn === undefined) return;
    const { localFunction, payload, requestId, tries } = attempt;
    const failed = 'error' in result;
    const record = {
      version: '1.0',
      timestamp: new Date(clock.now()).toISOString(),
      requestContext: {
        requestId,
        functionArn: `${localFunction.arn}:$LATEST`,
        condition,
        approximateInvokeCount: tries,
      },
      requestPayload: JSON.parse(payload),
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(failed ? { functionError: 'Unhandled' } : {}),
      },
      responsePayload: failed ? result.error : JSON.parse(result.payload),
    };
    await sendMessage(queueArn, JSON.stringify(record), {});
  }

  return {
    configure(functionName, config) {
      configs.set(functionName, { ...DEFAULTS, ...config });
    },
    setDeadLetters: (functionName, queueArn) => void deadLetters.set(functionName, queueArn),
    invoke(localFunction, payload) {
      start({ localFunction, payload, requestId: randomUUID(), takenAt: clock.now(), tries: 1 });
    },
    async stop() {
      stopped = true;
      for (const cancel of waiting) cancel();
      await Promise.all(running);
      detach();
    },
  };
}
