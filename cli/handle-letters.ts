import type { Session } from './session.ts';

export interface HandleLetters {
  /** Of the route that sends them back, or removes them. */
  path: string;
  queue: string;
  /** Which ones, as the API takes it. */
  selection: Record<string, unknown>;
  /** At most so many; all unless given. */
  max?: number | undefined;
}

/** What came of it, over all requests. */
export interface Handled {
  /** Sent back, or removed. */
  handled: number;
  not_sent: number;
  not_removed: number;
  /** The most that one request looked at: each looks at what the others have left. */
  examined: number;
  /** No more of them waited. */
  complete: boolean;
}

interface Part {
  redriven?: number;
  removed?: number;
  not_sent?: number;
  not_removed: number;
  examined: number;
  complete: boolean;
  before: string;
}

/** Few enough for an answer within seconds. */
const MOST_PER_REQUEST = 500;

/** Asks for some after some, until there are no more. What came after the first request was made is left alone. */
export async function handleLetters(
  { api, progress }: Pick<Session, 'api' | 'progress'>,
  { path, queue, selection, max = Number.POSITIVE_INFINITY }: HandleLetters,
): Promise<Handled> {
  const { body: counts } = await api.request<{ results: { queue: string; count: number }[] }>({
    path: '/api/dead_letters/',
  });
  const count = counts.results.find((each) => each.queue === queue)?.count ?? 0;
  const bar = progress('Dead letters', Math.min(count, max));
  const sum: Handled = { handled: 0, not_sent: 0, not_removed: 0, examined: 0, complete: false };
  let before: string | undefined;
  try {
    for (;;) {
      const limit = Math.min(MOST_PER_REQUEST, max - sum.handled);
      // What a request has done whose answer was lost is not done again.
      const { body } = await api.request<Part>({
        path,
        method: 'POST',
        body: { ...selection, limit, before },
        repeatable: true,
      });
      const handled = body.redriven ?? body.removed ?? 0;
      sum.handled += handled;
      sum.not_sent += body.not_sent ?? 0;
      sum.not_removed += body.not_removed;
      sum.examined = Math.max(sum.examined, sum.handled - handled + body.examined);
      sum.complete = body.complete;
      before = body.before;
      bar.update(sum.handled);
      if (body.complete || handled === 0 || sum.not_sent > 0 || sum.handled >= max) return sum;
    }
  } finally {
    bar.stop();
  }
}
