import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answer, Order } from './worker.ts';

/** Processes that carry out orders, each with a stack of its own. */
export interface WorkForce extends AsyncDisposable {
  /** Carries all of them out, those of one scenario by as few workers as may be, and tells of each answer as it comes. */
  carryOut<Given extends Order>(
    orders: readonly Given[],
    onAnswer: (order: Given, answer: Answer) => void,
  ): Promise<void>;
}

interface Worker {
  child: ChildProcess;
  scenario: string | null;
}

export function createWorkForce(count: number): WorkForce {
  const employ = (): Worker => ({ child: fork(join(import.meta.dirname, 'worker.ts')), scenario: null });
  const workers = Array.from({ length: count }, employ);

  const give = async (worker: Worker, order: Order): Promise<Answer> => {
    if (worker.child.exitCode !== null || worker.child.signalCode !== null) Object.assign(worker, employ());
    worker.scenario = order.scenario;
    const { child } = worker;
    return new Promise((resolve) => {
      const onMessage = (answer: unknown) => {
        child.off('exit', onExit);
        resolve(answer as Answer);
      };
      const onExit = (code: number | null) => {
        child.off('message', onMessage);
        resolve({ error: `the worker ended with ${String(code)}` });
      };
      child.once('message', onMessage).once('exit', onExit);
      child.send(order);
    });
  };

  return {
    async carryOut(orders, onAnswer) {
      const open = Map.groupBy(orders, ({ scenario }) => scenario);
      const take = (worker: Worker) => {
        const own = open.get(worker.scenario ?? '');
        if (own !== undefined && own.length > 0) return own.shift();
        const busy = (scenario: string) => workers.filter((other) => other.scenario === scenario).length;
        const [next] = [...open]
          .filter(([, left]) => left.length > 0)
          .toSorted(([one, left], [other, right]) => busy(one) - busy(other) || right.length - left.length);
        return next?.[1].shift();
      };
      await Promise.all(
        workers.map(async (worker) => {
          for (let order = take(worker); order !== undefined; order = take(worker))
            onAnswer(order, await give(worker, order));
          worker.scenario = null;
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      const alive = workers.filter(({ child }) => child.exitCode === null && child.signalCode === null);
      await Promise.all(
        alive.map(async ({ child }) => {
          const exited = once(child, 'exit');
          child.disconnect();
          await exited;
        }),
      );
    },
  };
}
