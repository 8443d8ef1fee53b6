import type { SourceVersion } from '../fetched-plugin.ts';
import { refOfName, splitsOfPath } from '../git-ref.ts';
import { isVersionTag, newestVersionTag } from '../newest-version.ts';
import type { GitHubSource, GitLabSource, GitRef } from '../plugin-source.ts';
import type { SourceError } from '../source-error.ts';
import type { Latest } from './latest.ts';
import type { ArchiveLocation, ResolvedSource } from './site-access.ts';

/** What a site answered, or that it has not changed since it was asked last. */
export type SinceLast<Found> = (Found & { etag: string | null }) | 'unchanged';

/** A repository at a site; GitHub and GitLab each have theirs. */
export interface GitRepository {
  /** Finds the commit of a branch, tag or sha; of the default branch for null. Null: there is none. */
  findCommit(name: string | null, last?: Latest): Promise<SinceLast<{ sha: string }> | null>;
  /** Tags and their commits; a site gives a hundred at the most. */
  listTags(last?: Latest): Promise<SinceLast<{ tags: { name: string; sha: string }[] }>>;
  archiveAt(sha: string, folder: string): ArchiveLocation;
  notFound(name: string | null): SourceError;
}

type RepositorySource = GitHubSource | GitLabSource;

/** Characters of a sha that are shown. */
const SHORT_SHA = 12;

/** Branches with more slashes than this are not looked for. */
const MAX_SPLITS = 5;

/** Finds the commit that a source means, and where the name of its branch ends if only the site knows. */
export async function resolveRepository(source: RepositorySource, repository: GitRepository): Promise<ResolvedSource> {
  const { version, etag } = await findVersion(source, repository);
  return { ...version, etag, archive: repository.archiveAt(version.marker, version.source.folder) };
}

async function findVersion(
  source: RepositorySource,
  repository: GitRepository,
): Promise<{ version: RepositoryVersion; etag: string | null }> {
  const { ref } = source;
  if (ref.kind !== 'path') {
    const { sha, etag } = (await findOrFail(nameOf(ref), repository)) as { sha: string; etag: string | null };
    return { version: versionAt(source, sha), etag };
  }
  for (const { name, folder } of splitsOfPath(ref.path).slice(0, MAX_SPLITS)) {
    const definite = refOfName(name);
    const known = definite === null ? null : await repository.findCommit(name);
    if (known === null || known === 'unchanged') continue;
    return { version: versionAt({ ...source, ref: definite as GitRef, folder }, known.sha), etag: known.etag };
  }
  throw repository.notFound(ref.path);
}

/**
 * What a repository has that is newer: for a tag that is a version the newest such tag, for a commit the end of the default branch,
 * else the end of the same branch.
 */
export async function latestOfRepository(
  source: RepositorySource,
  repository: GitRepository,
  last?: Latest,
): Promise<Latest> {
  const { ref } = source;
  if (ref.kind === 'tag' && isVersionTag(ref.name)) {
    const found = await repository.listTags(last);
    if (found === 'unchanged') return last as Latest;
    const newest = newestVersionTag(ref.name, found.tags) ?? found.tags.find(({ name }) => name === ref.name);
    if (newest === undefined) throw repository.notFound(ref.name);
    return { ...versionAt({ ...source, ref: { kind: 'tag', name: newest.name } }, newest.sha), etag: found.etag };
  }
  const found = await findOrFail(ref.kind === 'commit' ? null : nameOf(ref), repository, last);
  if (found === 'unchanged') return last as Latest;
  const newest: RepositorySource =
    ref.kind === 'commit' ? { ...source, ref: { kind: 'commit', name: found.sha } } : source;
  return { ...versionAt(newest, found.sha), etag: found.etag };
}

function nameOf(ref: GitRef): string | null {
  if (ref.kind === 'default') return null;
  return ref.kind === 'path' ? ref.path : ref.name;
}

async function findOrFail(
  name: string | null,
  repository: GitRepository,
  last?: Latest,
): Promise<SinceLast<{ sha: string }>> {
  const known = await repository.findCommit(name, last);
  if (known === null) throw repository.notFound(name);
  return known;
}

interface RepositoryVersion extends SourceVersion {
  source: RepositorySource;
}

function versionAt(source: RepositorySource, sha: string): RepositoryVersion {
  return { source, marker: sha, label: source.ref.kind === 'tag' ? source.ref.name : sha.slice(0, SHORT_SHA) };
}
