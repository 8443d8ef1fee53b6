import type { LinkNews } from '../link/link-news.ts';

/** Kinds of what `hoglet dev` tells. `docs/local.md` has the same table. */
export const NEWS_KINDS = {
  ready: 'everything is up; with `--json` only',
  linked: 'a folder is installed, and watched',
  reloaded: 'what was saved is the version that runs',
  refused: 'what was saved cannot run, and why',
  note: 'what else the author should know',
  event: 'an event that came out of the plugins',
  dropped: 'events that a plugin has dropped',
  'dead-letter': 'what is no event, with the reason',
  log: 'a line of a plugin, or Hoglet’s about it',
  lifecycle: 'what an operator is [told of](lifecycle-events.md)',
  fault: 'a fault that is not a plugin’s',
} as const satisfies Record<LinkNews['kind'], string> & Record<string, string>;

/** One thing that `hoglet dev` tells. */
export interface DevNews {
  kind: keyof typeof NEWS_KINDS;
  /** Milliseconds since 1970. */
  at: number;
  /** For people; lines after the first one are details. */
  text: string;
  /** For programs: more of it, by name. */
  [more: string]: unknown;
}
