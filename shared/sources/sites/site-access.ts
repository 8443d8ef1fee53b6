import type { SourceVersion } from '../fetched-plugin.ts';
import type { Credential, HttpClient } from '../http/http-client.ts';
import type { Answer } from '../http/request-once.ts';
import type { Secret } from '../secret.ts';
import { SourceError } from '../source-error.ts';
import type { Site, SourceSites } from '../source-sites.ts';

/** What it takes to ask a site. */
export interface SiteAccess {
  http: HttpClient;
  sites: SourceSites;
  /** Wins over a site's own token. */
  privateToken: Secret | null;
}

/** Where an archive lies; `tokenName` is the setting that would open it, or more of it. */
export interface ArchiveLocation {
  url: string;
  credential: Credential | undefined;
  tokenName: string;
}

/** A source that is known down to the version, and where its archive lies. */
export interface ResolvedSource extends SourceVersion {
  etag: string | null;
  archive: ArchiveLocation & { integrity?: string };
}

/** The token for a request to `url`: none for another origin than the site's. */
export function credentialFor(
  site: Site,
  tokenName: string,
  url: string,
  privateToken: Secret | null,
): Credential | undefined {
  if (new URL(url).origin !== new URL(site.url).origin) return undefined;
  if (privateToken !== null) return { name: 'private_token', token: privateToken };
  return site.token === undefined ? undefined : { name: tokenName, token: site.token };
}

/** Headers for a question whose answer is known unless it has changed. */
export function ifChanged(last: { etag: string | null } | undefined): Record<string, string> {
  return last === undefined || last.etag === null ? {} : { 'if-none-match': last.etag };
}

/**
 * Says what an answer means that is no success.
 *
 * @param what was asked for: `the repository github.com/owner/name`.
 * @param tokenName the setting that would help.
 */
export function failedAnswer(
  { status }: Answer,
  what: string,
  tokenName: string | null,
  credential: Credential | undefined,
): SourceError {
  const other = tokenName === null ? '' : `set ${tokenName}, or `;
  if (status === 401 || status === 403) {
    const problem =
      credential === undefined ? `${what} wants a token` : `The ${credential.name} was not accepted for ${what}`;
    return new SourceError(
      'unauthorised',
      `${problem} (${status}). Check that it is valid and may read it: ${other}add ?private_token=… to the source.`,
    );
  }
  if (status === 404 || status === 410 || status === 422) {
    const hint =
      credential === undefined
        ? `or it is private: what is private answers 404 without a token. Check the spelling, ${other}add ?private_token=… to the source.`
        : `or the ${credential.name} may not read it. Check the spelling and what the token may read.`;
    return new SourceError('not_found', `There is no ${what.replace(/^the /, '')}, ${hint}`);
  }
  return new SourceError('unreachable', `${what} cannot be had: the site answered ${status}.`);
}
