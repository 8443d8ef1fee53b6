import { createGitStore, type GitStore } from './git-store.ts';
import { type SourceAnswer, type SourceServer, startSourceServer } from './source-server.ts';

export interface GitHubServer extends SourceServer, GitStore {
  /** Serves the archives, on another host. */
  codeload: SourceServer;
  /** Requests without a token before the API takes no more; null: any number. */
  limit: { left: number | null; resetAt: number };
}

/** GitHub's REST API, also where a GitHub Enterprise has it, as far as it takes to install: commits, tags, zipballs, which lie on another host; rate limits; 404 for what is private. */
export async function startGitHubServer(): Promise<GitHubServer> {
  const store = createGitStore();
  const limit: GitHubServer['limit'] = { left: null, resetAt: 0 };
  /** Tokens in the URLs of private archives, which open them for a while. */
  const passes = new Map<string, string>();

  const codeload = await startSourceServer(({ path }) => {
    const url = new URL(path, 'http://x');
    const [, owner, name, , sha = ''] = url.pathname.split('/');
    const pass = url.searchParams.get('token');
    const repository = store.find(`${owner}/${name}`, pass === null ? null : (passes.get(pass) ?? null));
    const body = repository?.zip(sha, `${owner}-${name}-${sha.slice(0, 7)}/`);
    return body == null ? null : { body, headers: { 'content-type': 'application/zip' } };
  });

  const api = await startSourceServer(({ path, headers, token }) => {
    if (token === null && limit.left !== null && limit.left-- <= 0) {
      const reset = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(limit.resetAt / 1000)) };
      return { status: 403, headers: reset, body: '{"message":"API rate limit exceeded"}' };
    }
    const { pathname } = new URL(path, 'http://x');
    const [, owner, name, what, ref = ''] =
      /^(?:\/api\/v3)?\/repos\/([^/]+)\/([^/]+)\/(\w+)(?:\/(.+))?$/.exec(pathname) ?? [];
    const repository = store.find(`${owner}/${name}`, token);
    if (repository === null) return null;
    if (what === 'tags') {
      const tags = [...repository.tags].map(([tag, sha]) => ({ name: tag, commit: { sha } }));
      return json(tags);
    }
    const sha = repository.resolve(decodeURIComponent(ref));
    if (sha === null) return { status: 422, body: `{"message":"No commit found for SHA: ${ref}"}` };
    if (what === 'commits' && headers.accept === 'application/vnd.github.sha')
      return { body: sha, headers: { etag: `"${sha}"` } };
    if (what !== 'zipball') return null;
    const pass = `pass-${passes.size}`;
    passes.set(pass, token ?? '');
    const query = repository.isPrivate ? `?token=${pass}` : '';
    return { status: 302, headers: { location: `${codeload.url}/${owner}/${name}/legacy.zip/${sha}${query}` } };
  });

  const close = async () => void (await Promise.all([api.close(), codeload.close()]));
  return { ...api, ...store, codeload, limit, close };
}

function json(value: unknown): SourceAnswer {
  const body = JSON.stringify(value);
  return { body, headers: { etag: `W/"${Buffer.from(body).toString('base64url').slice(-40)}${body.length}"` } };
}
