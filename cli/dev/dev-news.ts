import type { LinkNews } from '../link/link-news.ts';

/** One thing that `hoglet dev` tells. */
export interface DevNews {
  /**
   * - `ready`: everything is up; for programs alone
   * - `event`: one that came out of the plugins, as it goes on to whoever reads the ingestion queue
   * - `dropped`: events that a plugin has dropped
   * - `dead-letter`: one that is no event, with the reason
   * - `log`: a line of a plugin, or Hoglet's about it
   * - `lifecycle`: what an operator is told of
   * - `fault`: of a function, not of a plugin
   */
  kind: LinkNews['kind'] | 'ready' | 'event' | 'dropped' | 'dead-letter' | 'log' | 'lifecycle' | 'fault';
  /** Milliseconds since 1970. */
  at: number;
  /** For people; lines after the first one are details. */
  text: string;
  /** For programs: more of it, by name. */
  [more: string]: unknown;
}
