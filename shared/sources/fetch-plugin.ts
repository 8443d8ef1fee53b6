import { unpackArchive } from './archive/unpack-archive.ts';
import type { FetchedPlugin } from './fetched-plugin.ts';
import { type PluginSource, sourceText } from './plugin-source.ts';
import { fetchArchive, versionOfContent } from './sites/archive-file.ts';
import { resolveRepository } from './sites/git-repository.ts';
import { gitHubRepository } from './sites/github-repository.ts';
import { gitLabRepository } from './sites/gitlab-repository.ts';
import { resolveNpm } from './sites/npm-package.ts';
import { failedAnswer, type ResolvedSource, type SiteAccess } from './sites/site-access.ts';
import { verifyIntegrity } from './sites/verify-integrity.ts';
import { SourceError } from './source-error.ts';
import { SOURCE_LIMITS } from './source-limits.ts';

/**
 * Finds the version that a source means, downloads and unpacks it.
 *
 * @throws SourceError
 */
export async function fetchPlugin(source: PluginSource, access: SiteAccess): Promise<FetchedPlugin> {
  if (source.kind === 'upload')
    throw new SourceError(
      'unknown_source',
      `${sourceText(source)} was sent by somebody, so there is nowhere to fetch it from: install the file again.`,
    );
  if (source.kind === 'archive') {
    const found = (await fetchArchive(source, access)) as { archive: Buffer; etag: string | null };
    return { source, ...versionOfContent(found.archive), etag: found.etag, ...(await unpackArchive(found.archive)) };
  }
  const { archive, ...version } = await resolveSource(source, access);
  const body = await download(version, archive, access);
  const { folder } = { folder: '', ...version.source };
  return { ...version, ...(await unpackArchive(body, folder)) };
}

function resolveSource(
  source: Exclude<PluginSource, { kind: 'upload' | 'archive' }>,
  access: SiteAccess,
): Promise<ResolvedSource> {
  if (source.kind === 'npm') return resolveNpm(source, access);
  if (source.kind === 'github') return resolveRepository(source, gitHubRepository(source, access));
  return resolveRepository(source, gitLabRepository(source, access));
}

async function download(
  { source, label }: Pick<ResolvedSource, 'source' | 'label'>,
  { url, credential, tokenName, integrity }: ResolvedSource['archive'],
  { http }: SiteAccess,
): Promise<Buffer> {
  const what = `${sourceText(source)} (${label})`;
  const verify = integrity === undefined ? {} : { verify: (body: Buffer) => verifyIntegrity(body, integrity, what) };
  const answer = await http.get({ url, credential, tokenName, maxBytes: SOURCE_LIMITS.archiveBytes, ...verify });
  if (answer.status === 200) return answer.body;
  throw failedAnswer(answer, `the archive of ${what}`, tokenName, credential);
}
