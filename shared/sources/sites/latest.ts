import type { SourceVersion } from '../fetched-plugin.ts';

/** The newest version that a source has to offer; `source` is what to install to have it, which for what is pinned is another. */
export interface Latest extends SourceVersion {
  /** What the site calls this answer, for the next check; null when it did not say. */
  etag: string | null;
}
