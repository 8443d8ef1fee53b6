import { refOfName, refOfTree } from './git-ref.ts';
import { commit, tag } from './parse-github.ts';
import type { GitLabSource, RepositorySource } from './plugin-source.ts';

const GROUP = /^[A-Za-z\d_][\w.-]{0,254}$/;

/**
 * Reads the path of a URL at a GitLab instance, in parts. Null when it is of no form that there is.
 *
 * @param site origin of the instance.
 */
export function parseGitLab(site: string, parts: readonly string[]): GitLabSource | null {
  const dash = parts.indexOf('-');
  const names = dash === -1 ? [...parts] : parts.slice(0, dash);
  const last = names.length - 1;
  if (last < 1) return null;
  names[last] = (names[last] as string).replace(/\.git$/, '');
  if (!names.every((name) => GROUP.test(name))) return null;
  const where = dash === -1 ? WHOLE : readRest(parts.slice(dash + 1));
  return where === null ? null : { kind: 'gitlab', site, project: names.join('/'), ...where };
}

const WHOLE: RepositorySource = { ref: { kind: 'default' }, folder: '' };

function readRest([form, ...parts]: readonly string[]): RepositorySource | null {
  const name = parts.join('/');
  if (form === 'tree') return refOfTree(parts);
  if (form === 'blob' && parts.at(-1) === 'plugin.json') return refOfTree(parts.slice(0, -1));
  if (form === 'commit') return parts.length === 1 ? commit(name) : null;
  if (form === 'tags' || form === 'releases') return tag(name);
  // The last part is the name of the file, which says nothing.
  const ref =
    form === 'commits' ? refOfName(name) : form === 'archive' ? refOfName(parts.slice(0, -1).join('/')) : null;
  return ref === null ? null : { ref, folder: '' };
}
