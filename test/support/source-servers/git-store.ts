import { createHash } from 'node:crypto';
import { zipOf } from './make-zip.ts';

export type SourceFiles = Record<string, string | Uint8Array>;

/** The repositories of a server that speaks as GitHub or GitLab does. */
export interface GitStore {
  /** Makes a repository, or adds a commit to one of its branches. @returns the sha. */
  commit(repository: string, files: SourceFiles, branch?: string): string;
  /** Tags a commit; without sha, the latest of the default branch. */
  tag(repository: string, name: string, sha?: string): void;
  /** Opens the repository to whoever has the token alone. */
  hide(repository: string, token: string): void;
  /** The repository, if whoever has this token may see it. */
  find(repository: string, token: string | null): GitRepositoryState | null;
}

export interface GitRepositoryState {
  isPrivate: boolean;
  tags: Map<string, string>;
  /** A branch, a tag, a sha or the beginning of one, or `HEAD`. */
  resolve(ref: string): string | null;
  /** A zip as sites make them: everything in one folder. */
  zip(sha: string, top: string): Buffer | null;
}

interface Repository {
  commits: Map<string, SourceFiles>;
  branches: Map<string, string>;
  tags: Map<string, string>;
  token: string | null;
}

export function createGitStore(): GitStore {
  const repositories = new Map<string, Repository>();
  const get = (name: string): Repository =>
    repositories.get(name) ?? { commits: new Map(), branches: new Map(), tags: new Map(), token: null };
  return {
    commit(name, files, branch = 'main') {
      const repository = get(name);
      repositories.set(name, repository);
      const sha = createHash('sha1')
        .update(`${name} ${branch} ${repository.commits.size} ${JSON.stringify(files)}`)
        .digest('hex');
      repository.commits.set(sha, files);
      repository.branches.set(branch, sha);
      return sha;
    },
    tag(name, tag, sha = get(name).branches.get('main')) {
      get(name).tags.set(tag, sha as string);
    },
    hide(name, token) {
      get(name).token = token;
    },
    find(name, token) {
      const repository = repositories.get(name);
      if (repository === undefined || (repository.token !== null && repository.token !== token)) return null;
      return {
        isPrivate: repository.token !== null,
        tags: repository.tags,
        resolve: (ref) => resolve(repository, ref),
        zip(sha, top) {
          const files = repository.commits.get(sha);
          return files === undefined ? null : zipOf(files, top);
        },
      };
    },
  };
}

function resolve({ commits, branches, tags }: Repository, ref: string): string | null {
  const named = branches.get(ref === 'HEAD' ? 'main' : ref) ?? tags.get(ref);
  if (named !== undefined) return named;
  return /^[0-9a-f]{7,40}$/.test(ref) ? ([...commits.keys()].find((sha) => sha.startsWith(ref)) ?? null) : null;
}
