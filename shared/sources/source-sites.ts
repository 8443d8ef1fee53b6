import type { Secret } from './secret.ts';

/** A site that plugins come from, and the token that opens it. A token is only ever sent to the origin it stands beside. */
export interface Site {
  /** Without a slash at the end. */
  url: string;
  token?: Secret;
}

export interface SourceSites {
  /** The registry; by default, npm's own. Its token is `NPM_TOKEN`. */
  npm: Site;
  /** The API. Its token is `GITHUB_TOKEN`. */
  github: Site;
  /** GitLab instances by their origin. Their tokens are called `GITLAB_TOKEN` in messages. */
  gitlab: Site[];
}

export const PUBLIC_SITES = {
  npm: { url: 'https://registry.npmjs.org' },
  github: { url: 'https://api.github.com' },
  gitlab: [{ url: 'https://gitlab.com' }],
} as const satisfies SourceSites;
