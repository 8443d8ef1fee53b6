import semver from 'semver';
import type { SourceVersion } from './fetched-plugin.ts';
import { sourcePage, sourceText } from './plugin-source.ts';
import { latestOfArchive } from './sites/archive-file.ts';
import { latestOfRepository } from './sites/git-repository.ts';
import { gitHubRepository } from './sites/github-repository.ts';
import { gitLabRepository } from './sites/gitlab-repository.ts';
import type { Latest } from './sites/latest.ts';
import { latestOfNpm } from './sites/npm-package.ts';
import type { SiteAccess } from './sites/site-access.ts';
import { GITHUB_PAGES } from './source-sites.ts';

/** What a check for updates found. Given to the next check, it saves the site the answer and its count of requests. */
export interface UpdateCheck {
  /** The source it was made for, as text. */
  of: string;
  latest: Latest;
  /** There is a version to update to: install `latest.source` to have it. */
  isNewer: boolean;
  /** Shows the site's own difference between the versions; null where it shows none. */
  compareUrl: string | null;
}

/**
 * Asks whether there is a newer version. What follows a branch, a dist-tag or a range is compared with its end; what is pinned to a
 * version, a version's tag or a commit is compared with the newest of these.
 *
 * @param last the check before, of whatever version; one for another source is not used.
 * @returns null for an upload, which nobody can ask.
 * @throws SourceError
 */
export async function checkForUpdates(
  installed: SourceVersion,
  access: SiteAccess,
  last: UpdateCheck | null = null,
): Promise<UpdateCheck | null> {
  const of = sourceText(installed.source);
  const latest = await latestOf(installed, access, last?.of === of ? last.latest : undefined);
  if (latest === null) return null;
  return { of, latest, isNewer: isNewer(installed, latest), compareUrl: compareUrl(installed, latest) };
}

async function latestOf({ source }: SourceVersion, access: SiteAccess, last?: Latest): Promise<Latest | null> {
  switch (source.kind) {
    case 'npm':
      return latestOfNpm(source, access, last);
    case 'github':
      return latestOfRepository(source, gitHubRepository(source, access), last);
    case 'gitlab':
      return latestOfRepository(source, gitLabRepository(source, access), last);
    case 'archive':
      return latestOfArchive(source, access, last);
    case 'upload':
      return null;
  }
}

/** Commits and contents have no order: another one is newer. */
function isNewer(installed: SourceVersion, latest: Latest): boolean {
  if (installed.source.kind !== 'npm') return latest.marker !== installed.marker;
  return semver.gt(latest.marker, installed.marker);
}

function compareUrl({ source, marker }: SourceVersion, latest: Latest): string | null {
  if (marker === latest.marker) return null;
  if (source.kind === 'npm') return `${sourcePage(source)}/v/${latest.marker}`;
  if (source.kind === 'github') {
    const { site = GITHUB_PAGES, owner, repository } = source;
    return `${site}/${owner}/${repository}/compare/${marker}...${latest.marker}`;
  }
  return source.kind === 'gitlab' ? `${source.site}/${source.project}/-/compare/${marker}...${latest.marker}` : null;
}
