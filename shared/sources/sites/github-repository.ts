import { z } from 'zod';
import { isFullSha } from '../git-ref.ts';
import type { GitHubSource } from '../plugin-source.ts';
import { SourceError } from '../source-error.ts';
import { SOURCE_LIMITS } from '../source-limits.ts';
import { GITHUB_PAGES, gitHubApi } from '../source-sites.ts';
import type { GitRepository } from './git-repository.ts';
import { isNotModified, parseAnswer } from './parse-answer.ts';
import { credentialFor, failedAnswer, ifChanged, type SiteAccess } from './site-access.ts';

const TOKEN = 'GITHUB_TOKEN';
const VERSION = { 'x-github-api-version': '2022-11-28' };
const tags = z.array(z.object({ name: z.string(), commit: z.object({ sha: z.string() }) }));

/** A repository at GitHub, by its REST API. */
export function gitHubRepository(
  { site: pages = GITHUB_PAGES, owner, repository }: GitHubSource,
  { http, sites, privateToken }: SiteAccess,
): GitRepository {
  // A GitHub that is not the configured one is not sent anybody's token but the one that came with the source.
  const site = pages === (sites.github.pages ?? GITHUB_PAGES) ? sites.github : { url: gitHubApi(pages) };
  const base = `${site.url}/repos/${owner}/${repository}`;
  const credential = credentialFor(site, TOKEN, base, privateToken);
  const what = `the repository ${pages.replace(/^https?:\/\//, '')}/${owner}/${repository}`;
  const get = (path: string, headers: Record<string, string>) =>
    http.get({
      url: base + path,
      headers: { ...VERSION, ...headers },
      credential,
      tokenName: TOKEN,
      maxBytes: SOURCE_LIMITS.metadataBytes,
    });

  return {
    async findCommit(name, last) {
      // As text: the sha alone, which is an entity tag of its own.
      const accept = { accept: 'application/vnd.github.sha', ...ifChanged(last) };
      const answer = await get(`/commits/${encodeURIComponent(name ?? 'HEAD')}`, accept);
      if (isNotModified(answer, last)) return 'unchanged';
      if (answer.status === 409) throw new SourceError('not_found', `${what} is empty.`.replace(/^the/, 'The'));
      // 422: the repository is there, and has no such commit.
      if (answer.status === 404 || answer.status === 422) return null;
      if (answer.status !== 200) throw failedAnswer(answer, what, TOKEN, credential);
      const sha = answer.body.toString('latin1').trim();
      if (!isFullSha(sha))
        throw new SourceError('unreachable', `The site's answer about ${what} is no commit. Is its address right?`);
      return { sha, etag: answer.headers.etag ?? null };
    },
    async listTags(last) {
      const answer = await get('/tags?per_page=100', { accept: 'application/vnd.github+json', ...ifChanged(last) });
      if (isNotModified(answer, last)) return 'unchanged';
      if (answer.status !== 200) throw failedAnswer(answer, what, TOKEN, credential);
      const found = parseAnswer(tags, answer.body, what).map(({ name, commit }) => ({ name, sha: commit.sha }));
      return { tags: found, etag: answer.headers.etag ?? null };
    },
    archiveAt: (sha) => ({ url: `${base}/zipball/${sha}`, credential, tokenName: TOKEN }),
    notFound(name) {
      const of = name === null ? '' : ` with the branch, tag, commit or path ${JSON.stringify(name)}`;
      return failedAnswer(NOT_FOUND, what + of, TOKEN, credential);
    },
  };
}

const NOT_FOUND = { status: 404, headers: {}, body: Buffer.alloc(0) };
