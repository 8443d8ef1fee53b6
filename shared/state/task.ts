import { z } from 'zod';
import type { QueueMessage } from '../aws/group-messages.ts';
import { queueText } from '../event/queue-text.ts';

const job = z.object({
  kind: z.literal('job'),
  /** The same in every message about this job, so that one that arrives twice is known. */
  id: z.string(),
  /** The plugin config's id. */
  plugin: z.number(),
  name: z.string(),
  /** JSON text; absent when the job was given nothing, or its payload lies elsewhere. */
  payload: z.string().optional(),
  /** Where the payload lies in the assets bucket when it is a large one. */
  payloadKey: z.string().optional(),
  /** Milliseconds since 1970. */
  runAt: z.number(),
  /** How many jobs before this one have each led to the next at once. */
  hops: z.number(),
  /** How many captures have led to the event that made it at once; absent for none. A retry is the same work, and keeps it. */
  captureHops: z.number().optional(),
  /** The same when what made it ran again and made another job of it: what both capture is named after this. */
  cause: z.string().optional(),
  /** How often it has been tried again after a RetryError. */
  retries: z.number(),
  /** How often it has come and could not be run yet. */
  waits: z.number().optional(),
});

const scheduledTask = z.object({
  kind: z.literal('schedule'),
  plugin: z.number(),
  /** The exported name. */
  hook: z.enum(['runEveryMinute', 'runEveryHour', 'runEveryDay']),
  /** The time of the tick of the schedule that asks for it, milliseconds since 1970. */
  tick: z.number(),
  /** It came before the interval was over, and waits until then, milliseconds since 1970. */
  notBefore: z.number().optional(),
});

const task = z.discriminatedUnion('kind', [job, scheduledTask]);

export type Job = z.infer<typeof job>;
export type ScheduledTask = z.infer<typeof scheduledTask>;
export type ScheduledHook = ScheduledTask['hook'];

export const INTERVAL_MILLISECONDS: Record<ScheduledHook, number> = {
  runEveryMinute: 60_000,
  runEveryHour: 3_600_000,
  runEveryDay: 86_400_000,
};

/** What a message of the queue `tasks` asks for. */
export type Task = Job | ScheduledTask;

/** The longest that SQS keeps a message back. */
export const MAX_DELAY_SECONDS = 900;

/** The message for a task. The group keeps the backlog of one plugin config from being that of the others. */
export function taskMessage(of: Task, delayMilliseconds = 0): QueueMessage {
  // Rounded up: nothing runs before its time.
  const delaySeconds = Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(delayMilliseconds / 1000)));
  return { body: taskText(of), group: String(of.plugin), delaySeconds };
}

/** The body of such a message. */
export function taskText(of: Task): string {
  return queueText(JSON.stringify(of));
}

/** Reads such a body; null when it is none. */
export function readTask(body: string): Task | null {
  try {
    return task.parse(JSON.parse(body));
  } catch {
    return null;
  }
}

/** How the host is asked to run it. */
export function hookOf(of: Task): string {
  return of.kind === 'job' ? `job ${of.name}` : of.hook;
}
