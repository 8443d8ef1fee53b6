import { gzipSync } from 'node:zlib';
import { inputTask } from './celery-task.ts';
import type { DemoEvent } from './demo-events.ts';

/** A project that nobody has put into the registry. */
const UNKNOWN_PROJECT = 987_654;

/** Over the 10 MB that a body may inflate to. */
const BOMB_BYTES = 11_000_000;

/** Bodies that are no event, each made of an event that would have been fine; every one of them is one dead letter. */
export const BAD_MESSAGES: readonly ((event: DemoEvent) => string)[] = [
  (event) => JSON.stringify(event).slice(0, -20),
  (event) => JSON.stringify({ ...event, distinct_id: undefined }),
  (event) => JSON.stringify({ ...event, team_id: UNKNOWN_PROJECT }),
  (event) => gzipSync(JSON.stringify(event)).subarray(0, -12).toString('base64'),
  (event) => `H4sI not base64 ${event.uuid}`,
  (event) => JSON.stringify({ ...event, event: '' }),
  (event) => JSON.stringify([event]),
  (event) => JSON.stringify({ v: 99, events: [event] }),
  (event) => inputTask(event, 'posthog.tasks.email.send_report'),
  () => gzipSync(Buffer.alloc(BOMB_BYTES, ' ')).toString('base64'),
  (event) => JSON.stringify({ ...event, team_id: null }),
];
