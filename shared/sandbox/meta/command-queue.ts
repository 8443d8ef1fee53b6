import type { PendingWork } from '../pending-work.ts';
import { PluginFacingError } from '../realm-values.ts';
import type { CacheKey, CommandAnswer, Increment, SetBefore } from '../service-calls.ts';
import type { CacheHost } from './cache.ts';
import { cutByLength } from './cut-by-length.ts';

interface Command extends CacheKey {
  op: string;
}

interface Waiter {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

interface Queued<Any extends Command> {
  command: Any | Increment | SetBefore;
  sent: boolean;
  /** Who waits for the answer; for an increment with what came after it in the same command. */
  waiters: (Waiter & { addedBefore: number })[];
}

/** Characters of values that travel together: the parent has little memory beside what plugins may fill. */
const MAX_CALL_LENGTH = 16_000_000;

/** Commands that only the parent can carry out, because the stored value decides about the answer. */
export interface CommandQueue<Any extends Command> {
  /** Resolves to the command's answer. */
  run(command: Any | Increment): Promise<unknown>;
  /** Resolves when no command of that key is open any more. */
  settled(plugin: number, key: string): Promise<unknown>;
}

/**
 * Sends commands in their order, one call at a time: what is asked for while a call is under way travels together in the next one.
 * Increments of one key with nothing of that key between them become one, and its range is shared out: ten callers that add one
 * to a counter at 5 get 6 to 15 from one atomic addition of ten.
 */
export function createCommandQueue<Any extends Command>(
  send: (commands: (Any | Increment | SetBefore)[]) => Promise<CommandAnswer[]>,
  values: Pick<CacheHost, 'take' | 'write'>,
  problem: string | null,
  work: PendingWork,
): CommandQueue<Any> {
  let queue: Queued<Any>[] = [];
  let sending = false;
  /** The latest open command of each key. */
  const latest = new Map<string, { queued: Queued<Any>; answer: Promise<unknown> }>();
  const idOf = ({ plugin, key }: CacheKey) => `${plugin}:${key}`;

  const sendAll = async (): Promise<void> => {
    for (;;) {
      // What begins in one turn travels together, and whoever waited for an answer gets a turn to go on.
      await new Promise((resolve) => setImmediate(resolve));
      if (queue.length === 0) break;
      const [batch = []] = cutByLength(queue, lengthOf, MAX_CALL_LENGTH);
      queue = queue.slice(batch.length);
      for (const queued of batch) queued.sent = true;
      try {
        const answers = await send(batch.map(({ command }) => command));
        batch.forEach((queued, index) => shareOut(queued, answers[index] as CommandAnswer));
      } catch (error) {
        for (const { command, waiters } of batch) {
          if (command.op === 'set') keep(command as SetBefore);
          for (const { reject } of waiters) reject(error as Error);
        }
      }
    }
    sending = false;
  };

  /** What was set before a command that failed is still to be stored, unless it was set again. */
  const keep = (before: SetBefore): void => {
    const { op: _op, ...entry } = before;
    values.write(values.take(entry.plugin, entry.key) ?? entry);
  };

  const shareOut = ({ command, waiters }: Queued<Any>, answer: CommandAnswer): void => {
    for (const { resolve, reject, addedBefore } of waiters) {
      if ('error' in answer) reject(new PluginFacingError(answer.error.name, answer.error.message));
      else if (command.op === 'increment') resolve((answer.value as number) - (command as Increment).by + addedBefore);
      else resolve(answer.value);
    }
  };

  /** Joins an increment to one of the same key that has not been sent; null when there is none. */
  const join = (command: Any | Increment, waiter: Waiter): boolean => {
    const earlier = latest.get(idOf(command))?.queued;
    if (earlier === undefined || earlier.sent) return false;
    if (command.op !== 'increment' || earlier.command.op !== 'increment') return false;
    const sum = earlier.command as Increment;
    const { by } = command as Increment;
    // Only whole numbers can be taken apart again without loss.
    if (!Number.isSafeInteger(by) || !Number.isSafeInteger(sum.by + by)) return false;
    sum.by += by;
    earlier.waiters.push({ ...waiter, addedBefore: sum.by });
    return true;
  };

  return {
    async run(command) {
      if (problem !== null) throw new Error(problem);
      const id = idOf(command);
      const before = values.take(command.plugin, command.key);
      const answer = new Promise<unknown>((resolve, reject) => {
        if (before === undefined && join(command, { resolve, reject })) return;
        if (before !== undefined) queue.push({ command: { ...before, op: 'set' }, sent: false, waiters: [] });
        const addedBefore = command.op === 'increment' ? (command as Increment).by : 0;
        const queued: Queued<Any> = {
          command: { ...command },
          sent: false,
          waiters: [{ resolve, reject, addedBefore }],
        };
        queue.push(queued);
        latest.set(id, { queued, answer: Promise.resolve() });
      });
      const entry = latest.get(id) as { queued: Queued<Any>; answer: Promise<unknown> };
      const closed = answer.then(
        () => {},
        () => {},
      );
      entry.answer = closed;
      void closed.then(() => {
        if (latest.get(id)?.answer === closed) latest.delete(id);
      });
      if (!sending) {
        sending = true;
        void work.track(sendAll());
      }
      return answer;
    },
    settled: (plugin, key) => latest.get(idOf({ plugin, key }))?.answer ?? Promise.resolve(),
  };
}

/** Characters of the texts that come with a command. */
function lengthOf({ command }: { command: Command & { value?: string | number; elements?: string[] } }): number {
  const { value, elements = [] } = command;
  return elements.reduce((sum, element) => sum + element.length, typeof value === 'string' ? value.length : 0);
}
