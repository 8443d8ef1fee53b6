import { refOfName, refOfTree } from './git-ref.ts';
import type { GitHubSource, RepositorySource } from './plugin-source.ts';

const OWNER = /^[A-Za-z\d](?:[A-Za-z\d-]{0,38})$/;
const REPOSITORY = /^[\w.-]{1,100}$/;

/** Reads the path of a URL at github.com, in parts. Null when it is of no form that there is. */
export function parseGitHub(parts: readonly string[]): GitHubSource | null {
  const [owner = '', name = '', ...rest] = parts;
  const repository = name.replace(/\.git$/, '');
  if (!OWNER.test(owner) || !REPOSITORY.test(repository) || /^\.+$/.test(repository)) return null;
  const where = readRest(rest);
  return where === null ? null : { kind: 'github', owner, repository, ...where };
}

function readRest(rest: readonly string[]): RepositorySource | null {
  const [form, ...parts] = rest;
  if (form === undefined) return { ref: { kind: 'default' }, folder: '' };
  if (form === 'tree') return refOfTree(parts);
  if (form === 'blob' && parts.at(-1) === 'plugin.json') return refOfTree(parts.slice(0, -1));
  if (form === 'commit') return parts.length === 1 ? commit(parts[0] as string) : null;
  if (form === 'commits') return whole(refOfName(parts.join('/')));
  if (form === 'releases' && parts[0] === 'tag') return tag(parts.slice(1).join('/'));
  if (form === 'archive') return archive(parts.join('/'));
  return null;
}

/** `main.zip`, `refs/tags/v1.tar.gz`. */
function archive(path: string): RepositorySource | null {
  const name = /^(.+?)\.(?:zip|tar\.gz|tgz)$/.exec(path)?.[1];
  if (name === undefined) return null;
  if (name.startsWith('refs/tags/')) return tag(name.slice('refs/tags/'.length));
  if (!name.startsWith('refs/heads/')) return whole(refOfName(name));
  const ref = refOfName(name.slice('refs/heads/'.length));
  return whole(ref?.kind === 'tag' ? { ...ref, kind: 'branch' } : ref);
}

/** A repository at a commit; the sha may be short. */
export function commit(sha: string): RepositorySource | null {
  return /^[0-9a-f]{7,40}$/.test(sha) ? whole({ kind: 'commit', name: sha }) : null;
}

export function tag(name: string): RepositorySource | null {
  const ref = refOfName(name);
  return ref === null || ref.kind === 'default' ? null : whole({ kind: 'tag', name });
}

function whole(ref: RepositorySource['ref'] | null): RepositorySource | null {
  return ref === null ? null : { ref, folder: '' };
}
