import type { GitRef, RepositorySource } from './plugin-source.ts';

/** What git allows in no name of a branch or tag, and a shell or a URL would read as something else. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for.
const FORBIDDEN_IN_REF = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|^-|\.lock$/;

export function isRefName(name: string): boolean {
  return name !== '' && name.length <= 250 && !FORBIDDEN_IN_REF.test(name);
}

/** A commit by its sha, in full. */
export function isFullSha(name: string): boolean {
  return /^[0-9a-f]{40}$/.test(name);
}

/** Reads a name that may stand for anything: a full sha is a commit, what looks like a version is a tag. Null: no name at all. */
export function refOfName(name: string): GitRef | null {
  if (name === 'HEAD') return { kind: 'default' };
  if (!isRefName(name)) return null;
  if (isFullSha(name)) return { kind: 'commit', name };
  return { kind: /^v?\d+\.\d+(\.\d+)?/.test(name) ? 'tag' : 'branch', name };
}

/** Reads what follows `/tree/`. Null when it cannot be one. */
export function refOfTree(parts: readonly string[]): RepositorySource | null {
  const [first = '', ...rest] = parts;
  if (!rest.every(isFolderName)) return null;
  const isSure = rest.length === 0 || first === 'HEAD' || first.includes('/') || isFullSha(first);
  if (!isSure) return isRefName(first) ? { ref: { kind: 'path', path: parts.join('/') }, folder: '' } : null;
  const ref = refOfName(first);
  return ref === null ? null : { ref, folder: rest.join('/') };
}

function isFolderName(part: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for.
  return part !== '' && part !== '.' && part !== '..' && !/[/\\\u0000-\u001f\u007f]/.test(part);
}

/** The ways in which `feature/x/plugins/mine` may be a ref and a folder, shortest ref first: git allows no two of these refs at once. */
export function splitsOfPath(path: string): { name: string; folder: string }[] {
  const parts = path.split('/');
  return parts.map((_, index) => ({
    name: parts.slice(0, index + 1).join('/'),
    folder: parts.slice(index + 1).join('/'),
  }));
}
