import { z } from 'zod';
import { isFullSha } from '../git-ref.ts';
import type { GitLabSource } from '../plugin-source.ts';
import { SourceError } from '../source-error.ts';
import { SOURCE_LIMITS } from '../source-limits.ts';
import type { GitRepository } from './git-repository.ts';
import { isNotModified, parseAnswer } from './parse-answer.ts';
import { credentialFor, failedAnswer, ifChanged, type SiteAccess } from './site-access.ts';

const TOKEN = 'GITLAB_TOKEN';
const commit = z.object({ id: z.string().refine(isFullSha) });
const tags = z.array(z.object({ name: z.string(), commit }));

/** A project at a GitLab instance, by its API v4. */
export function gitLabRepository(
  { site: url, project }: GitLabSource,
  { http, sites, privateToken }: SiteAccess,
): GitRepository {
  // An instance that nobody configured is not sent anybody's token but the one that came with the source.
  const site = sites.gitlab.find((known) => known.url === url) ?? { url };
  const base = `${url}/api/v4/projects/${encodeURIComponent(project)}/repository`;
  const credential = credentialFor(site, TOKEN, base, privateToken);
  const what = `the project ${url.replace(/^https?:\/\//, '')}/${project}`;
  const get = (path: string, headers: Record<string, string> = {}) =>
    http.get({ url: base + path, headers, credential, tokenName: TOKEN, maxBytes: SOURCE_LIMITS.metadataBytes });

  return {
    async findCommit(name, last) {
      const path = name === null ? '/commits?per_page=1' : `/commits/${encodeURIComponent(name)}`;
      const answer = await get(path, ifChanged(last));
      if (isNotModified(answer, last)) return 'unchanged';
      if (answer.status === 404) return null;
      if (answer.status !== 200) throw failedAnswer(answer, what, TOKEN, credential);
      const schema = name === null ? z.array(commit) : commit;
      const found = [parseAnswer(schema, answer.body, what)].flat()[0];
      if (found === undefined) throw new SourceError('not_found', `${what} is empty.`.replace(/^the/, 'The'));
      return { sha: found.id, etag: answer.headers.etag ?? null };
    },
    async listTags(last) {
      const answer = await get('/tags?order_by=version&sort=desc&per_page=100', ifChanged(last));
      if (isNotModified(answer, last)) return 'unchanged';
      if (answer.status !== 200) throw failedAnswer(answer, what, TOKEN, credential);
      const found = parseAnswer(tags, answer.body, what).map((tag) => ({ name: tag.name, sha: tag.commit.id }));
      return { tags: found, etag: answer.headers.etag ?? null };
    },
    archiveAt(sha, folder) {
      const below = folder === '' ? '' : `&path=${encodeURIComponent(folder)}`;
      return { url: `${base}/archive.zip?sha=${sha}${below}`, credential, tokenName: TOKEN };
    },
    notFound(name) {
      const of = name === null ? '' : ` with the branch, tag, commit or path ${JSON.stringify(name)}`;
      return failedAnswer({ status: 404, headers: {}, body: Buffer.alloc(0) }, what + of, TOKEN, credential);
    },
  };
}
