import type { QueueMessage } from '../../shared/aws/group-messages.ts';
import { type Task, taskMessage } from '../../shared/state/task.ts';
import type { TaskAccount } from './task-account.ts';

/** Has tasks come again later. @throws when one could not be sent. */
export type Postpone = (tasks: { task: Task; delayMilliseconds: number }[], account: TaskAccount) => Promise<void>;

/** @param send gives what could not be sent */
export function createPostpone(send: (messages: QueueMessage[]) => Promise<QueueMessage[]>): Postpone {
  return async (tasks, account) => {
    if (tasks.length === 0) return;
    const unsent = await send(tasks.map(({ task, delayMilliseconds }) => taskMessage(task, delayMilliseconds)));
    if (unsent.length > 0) throw new Error(`${unsent.length} of ${tasks.length} tasks could not be put off`);
    account.postponed += tasks.length;
  };
}
