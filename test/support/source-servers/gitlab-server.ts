import { createGitStore, type GitStore } from './git-store.ts';
import { type SourceAnswer, type SourceServer, startSourceServer } from './source-server.ts';

export type GitLabServer = SourceServer & GitStore;

/** GitLab's API v4, as far as it takes to install: commits, tags, archives; 404 for what is private. */
export async function startGitLabServer(): Promise<GitLabServer> {
  const store = createGitStore();
  const server = await startSourceServer(({ path, token }) => {
    const { pathname, searchParams } = new URL(path, 'http://x');
    const [, project = '', what, ref] =
      /^\/api\/v4\/projects\/([^/]+)\/repository\/([\w.]+)(?:\/(.+))?$/.exec(pathname) ?? [];
    const name = decodeURIComponent(project);
    const repository = store.find(name, token);
    if (repository === null) return null;
    if (what === 'tags') {
      const tags = [...repository.tags].map(([tag, sha]) => ({ name: tag, commit: { id: sha } }));
      return json(tags);
    }
    if (what === 'commits') {
      const sha = repository.resolve(ref === undefined ? 'HEAD' : decodeURIComponent(ref));
      if (sha === null) return null;
      return json(ref === undefined ? [{ id: sha }] : { id: sha });
    }
    const sha = searchParams.get('sha') ?? '';
    const body = what === 'archive.zip' ? repository.zip(sha, `${name.split('/').at(-1)}-${sha}/`) : null;
    return body === null ? null : { body };
  });
  return { ...server, ...store };
}

function json(value: unknown): SourceAnswer {
  const body = JSON.stringify(value);
  return { body, headers: { etag: `W/"${Buffer.from(body).toString('base64url').slice(-40)}${body.length}"` } };
}
