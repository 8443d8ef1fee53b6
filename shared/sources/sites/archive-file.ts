import { createHash } from 'node:crypto';
import type { SourceVersion } from '../fetched-plugin.ts';
import type { Credential } from '../http/http-client.ts';
import type { ArchiveSource } from '../plugin-source.ts';
import { SOURCE_LIMITS } from '../source-limits.ts';
import type { Latest } from './latest.ts';
import { isNotModified } from './parse-answer.ts';
import { failedAnswer, ifChanged, type SiteAccess } from './site-access.ts';

/** Characters of a hash that are shown. */
const SHORT_HASH = 12;

export function shortHash(hash: string): string {
  return hash.slice(0, SHORT_HASH);
}

/** The version of an archive that has none but its content. */
export function versionOfContent(archive: Uint8Array): Pick<SourceVersion, 'marker' | 'label'> {
  const hash = createHash('sha256').update(archive).digest('hex');
  return { marker: `sha256:${hash}`, label: shortHash(hash) };
}

/** Downloads a plain archive: its version is what comes. Null: unchanged since the last check. */
export async function fetchArchive(
  source: ArchiveSource,
  { http, privateToken }: SiteAccess,
  last?: Latest,
): Promise<{ archive: Buffer; etag: string | null } | null> {
  const credential: Credential | undefined =
    privateToken === null ? undefined : { name: 'private_token', token: privateToken };
  const { url } = source;
  const answer = await http.get({ url, headers: ifChanged(last), credential, maxBytes: SOURCE_LIMITS.archiveBytes });
  if (isNotModified(answer, last)) return null;
  const { host, pathname } = new URL(url);
  if (answer.status !== 200) throw failedAnswer(answer, `the archive ${host}${pathname}`, null, credential);
  return { archive: answer.body, etag: answer.headers.etag ?? null };
}

/** An archive at a URL is newer when it is another. */
export async function latestOfArchive(source: ArchiveSource, access: SiteAccess, last?: Latest): Promise<Latest> {
  const found = await fetchArchive(source, access, last);
  return found === null ? (last as Latest) : { source, ...versionOfContent(found.archive), etag: found.etag };
}
