/**
 * Why a message, or one event of it, goes to dead letters instead of through the chain.
 * The code travels in the dead letter's `reason` attribute; docs/errors.md explains each.
 */
export const REJECTIONS = {
  body_too_large: 'The message body is larger than a queue message may be',
  bad_base64: 'The body looks compressed but is not valid base64',
  bad_compression: 'The body is base64 of broken gzip or zstd data',
  inflated_too_large: 'The body inflates to more than the limit (a zip bomb, or too many events in one message)',
  not_json: 'The body is not JSON, nor base64 of gzip or zstd',
  not_an_event: 'The JSON is not an event, a packed batch or a Celery task',
  unsupported_version: 'The packed batch has a version this Hoglet does not know',
  too_many_events: 'The packed batch has more events than one message may have',
  unknown_task: 'The Celery task is not one that carries an event',
  bad_task: 'The Celery task has a broken body or wrong arguments',
  missing_event: 'The event has no name in `event`',
  missing_distinct_id: 'The event has no `distinct_id`',
  missing_team_id: 'The event has no numeric `team_id`',
  unknown_project: 'No project has the id in `team_id`',
  event_too_large: 'After the plugins the event no longer fits into a queue message, even compressed',
  output_too_large:
    'The plugins made more of this message than one message may become; the events after that were not processed',
} as const;

export type RejectionReason = keyof typeof REJECTIONS;

/** Thrown while reading a message; `detail` says what was got and what is allowed, without the payload itself. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly reason: RejectionReason;

  constructor(reason: RejectionReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}
