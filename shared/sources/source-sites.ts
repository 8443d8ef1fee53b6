import type { Secret } from './secret.ts';

/** A site that plugins come from, and the token that opens it. A token is only ever sent to the origin it stands beside. */
export interface Site {
  /** Without a slash at the end. */
  url: string;
  token?: Secret;
}

export interface GitHubSite extends Site {
  /** Origin of the pages that `url` is the API of; github.com's unless given. */
  pages?: string;
}

export interface SourceSites {
  /** The registry; by default, npm's own. Its token is `NPM_TOKEN`. */
  npm: Site;
  /** The API. Its token is `GITHUB_TOKEN`. */
  github: GitHubSite;
  /** GitLab instances by their origin. Their tokens are called `GITLAB_TOKEN` in messages. */
  gitlab: Site[];
}

/** Kinds of sites that may have a token of the whole deployment. */
export const TOKEN_SITES = ['npm', 'github', 'gitlab'] as const;
export type TokenSite = (typeof TOKEN_SITES)[number];

export const GITHUB_PAGES = 'https://github.com';

export const PUBLIC_SITES = {
  npm: { url: 'https://registry.npmjs.org' },
  github: { url: 'https://api.github.com' },
  gitlab: [{ url: 'https://gitlab.com' }],
} as const satisfies SourceSites;

/** Where the API of a GitHub is, by the origin of its pages. A GitHub Enterprise has it at the same host. */
export function gitHubApi(pages: string): string {
  return pages === GITHUB_PAGES ? PUBLIC_SITES.github.url : `${pages}/api/v3`;
}

/** The same sites, with the token of one kind. It is never sent to another origin. */
export function withToken(sites: SourceSites, kind: TokenSite, token: Secret): SourceSites {
  const { npm, github, gitlab } = sites;
  if (kind === 'npm') return { ...sites, npm: { ...npm, token } };
  if (kind === 'github') return { ...sites, github: { ...github, token } };
  return { ...sites, gitlab: gitlab.map((site) => ({ ...site, token })) };
}
