import type { Job } from './task.ts';

/** Where large payloads lie in the assets bucket: `job-payloads/<plugin config>/<when the job is due, milliseconds since 1970>/<job>`. */
export const JOB_PAYLOADS_PREFIX = 'job-payloads/';

export function jobPayloadKey({ plugin, runAt, id }: Pick<Job, 'plugin' | 'runAt' | 'id'>): string {
  return `${JOB_PAYLOADS_PREFIX}${plugin}/${Math.floor(runAt)}/${id}`;
}

/** When the job was first due that such a payload is for; null for an object that is none. */
export function dueTimeOfPayload(key: string): number | null {
  const due = /^job-payloads\/\d+\/(-?\d+)\/[^/]+$/.exec(key)?.[1];
  return due === undefined ? null : Number(due);
}
