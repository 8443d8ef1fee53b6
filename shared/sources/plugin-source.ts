/** Where a plugin comes from, as a person gave it. Holds no secret: a token is kept apart, see `ParsedSource`. */
export type PluginSource = NpmSource | GitHubSource | GitLabSource | ArchiveSource | UploadSource;

export interface NpmSource {
  kind: 'npm';
  name: string;
  /** A version, a range or a dist-tag. */
  spec: string;
}

/** Which state of a repository is meant. */
export type GitRef =
  | { kind: 'default' }
  /** `name` is a tag, a branch, or, as `commit`, its sha, which may be short. */
  | { kind: 'tag' | 'branch' | 'commit'; name: string }
  /** What follows `/tree/`: a branch, a tag or a commit, then maybe a folder. Where one ends only the site knows: names of branches may have slashes. */
  | { kind: 'path'; path: string };

export interface RepositorySource {
  ref: GitRef;
  /** Folder of the plugin within the repository, `/` between its parts; empty: the repository itself. */
  folder: string;
}

export interface GitHubSource extends RepositorySource {
  kind: 'github';
  /** Origin of a GitHub Enterprise; absent: github.com. */
  site?: string;
  owner: string;
  repository: string;
}

export interface GitLabSource extends RepositorySource {
  kind: 'gitlab';
  /** Origin of the GitLab instance: `https://gitlab.com`. */
  site: string;
  /** Path of the project with all its groups: `group/subgroup/project`. */
  project: string;
}

export interface ArchiveSource {
  kind: 'archive';
  /** Of a .zip, .tgz or .tar.gz. */
  url: string;
}

/** A folder or archive that somebody sent; it has no later version of its own. */
export interface UploadSource {
  kind: 'upload';
  /** For people: the name of the file or folder. */
  name: string;
}

/** A source as text that `parseSource` reads again, except for an upload. It is PostHog's `url` of a plugin. */
export function sourceText(source: PluginSource): string {
  switch (source.kind) {
    case 'npm':
      return source.spec === 'latest' ? `npm:${source.name}` : `npm:${source.name}@${source.spec}`;
    case 'github':
      return `${gitHubPage(source)}${refText(source)}`;
    case 'gitlab': {
      const ref = refText(source, '/-');
      const prefix = source.site === 'https://gitlab.com' ? '' : 'gitlab+';
      return `${prefix}${source.site}/${source.project}${ref}`;
    }
    case 'archive':
      return source.url;
    case 'upload':
      return `upload:${source.name}`;
  }
}

/** A repository's page; for one that is not at github.com, with what makes `parseSource` know it as such. */
function gitHubPage({ site, owner, repository }: GitHubSource): string {
  return `${site === undefined ? 'https://github.com' : `github+${site}`}/${owner}/${repository}`;
}

/** The page of a source that people may look at; null for what has none. */
export function sourcePage(source: PluginSource): string | null {
  if (source.kind === 'npm') return `https://www.npmjs.com/package/${source.name}`;
  return source.kind === 'upload' ? null : sourceText(source).replace(/^git(?:lab|hub)\+/, '');
}

function refText({ ref, folder }: RepositorySource, separator = ''): string {
  const below = folder === '' ? '' : `/${encodePath(folder)}`;
  if (ref.kind === 'default') return folder === '' ? '' : `${separator}/tree/HEAD${below}`;
  if (ref.kind === 'path') return `${separator}/tree/${encodePath(ref.path)}${below}`;
  // A slash within the name is encoded, so that it can be told from the one before a folder.
  const name = encodeURIComponent(ref.name);
  if (folder !== '' || ref.kind === 'branch') return `${separator}/tree/${name}${below}`;
  const isGitLab = separator !== '';
  if (ref.kind === 'tag') return isGitLab ? `/-/tags/${name}` : `/releases/tag/${name}`;
  return `${separator}/commit/${name}`;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
