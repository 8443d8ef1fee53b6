/** What became of the tasks of one invocation; each counts once. */
export interface TaskAccount {
  /** Jobs and scheduled tasks that ran, whether they failed or not. */
  ran: number;
  /** Of these, the ones that threw. */
  failed: number;
  /** Jobs that threw RetryError and run again. */
  retried: number;
  /** Jobs that threw RetryError too often. */
  givenUp: number;
  /** Jobs of plugin configs that are disabled or gone. */
  dropped: number;
  /** Messages that came twice, and ticks for which it is too early or that nobody exports. */
  skipped: number;
  /** Tasks that come again because they cannot be run yet. */
  postponed: number;
}

export function emptyAccount(): TaskAccount {
  return { ran: 0, failed: 0, retried: 0, givenUp: 0, dropped: 0, skipped: 0, postponed: 0 };
}
