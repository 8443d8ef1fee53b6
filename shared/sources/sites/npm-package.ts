import semver from 'semver';
import { z } from 'zod';
import type { NpmSource } from '../plugin-source.ts';
import { SourceError } from '../source-error.ts';
import { SOURCE_LIMITS } from '../source-limits.ts';
import type { Latest } from './latest.ts';
import { isNotModified, parseAnswer } from './parse-answer.ts';
import { credentialFor, failedAnswer, ifChanged, type ResolvedSource, type SiteAccess } from './site-access.ts';

const packument = z.object({
  'dist-tags': z.record(z.string(), z.string()).default({}),
  versions: z.record(
    z.string(),
    z.object({
      dist: z.object({ tarball: z.string(), integrity: z.string().optional(), shasum: z.string().optional() }),
    }),
  ),
});

type Packument = z.infer<typeof packument>;

/** Finds the version that a source means: an exact one, the one of a dist-tag, or the highest of a range, as npm itself chooses. */
export async function resolveNpm(source: NpmSource, access: SiteAccess): Promise<ResolvedSource> {
  const found = (await readPackage(source, access)) as KnownPackage;
  const version = versionOf(source, found.known);
  const dist = found.known.versions[version]?.dist as Packument['versions'][string]['dist'];
  const integrity =
    dist.integrity ?? (dist.shasum === undefined ? '' : `sha1-${Buffer.from(dist.shasum, 'hex').toString('base64')}`);
  const { sites, privateToken } = access;
  const url = URL.parse(dist.tarball, sites.npm.url)?.href;
  if (url === undefined)
    throw new SourceError('unreachable', `The registry names no archive of ${source.name}@${version}.`);
  return {
    source,
    marker: version,
    label: version,
    etag: found.etag,
    archive: { url, credential: credentialFor(sites.npm, TOKEN, url, privateToken), tokenName: TOKEN, integrity },
  };
}

/** What a package has that is newer: by its tag or range; or, if an exact version is installed, the one tagged `latest`. */
export async function latestOfNpm(source: NpmSource, access: SiteAccess, last?: Latest): Promise<Latest> {
  const found = await readPackage(source, access, last);
  if (found === null) return last as Latest;
  const isPinned = semver.valid(source.spec) !== null;
  const version = versionOf(isPinned ? { ...source, spec: 'latest' } : source, found.known);
  const newest = isPinned ? { ...source, spec: version } : source;
  return { source: newest, marker: version, label: version, etag: found.etag };
}

interface KnownPackage {
  known: Packument;
  etag: string | null;
}

const TOKEN = 'NPM_TOKEN';
/** The short form: what it takes to install, without readmes. */
const ACCEPT = 'application/vnd.npm.install-v1+json, application/json;q=0.8';

/** Null: unchanged since the last check. */
async function readPackage(
  { name }: NpmSource,
  { http, sites, privateToken }: SiteAccess,
  last?: Latest,
): Promise<KnownPackage | null> {
  const url = `${sites.npm.url}/${name.replace('/', '%2f')}`;
  const credential = credentialFor(sites.npm, TOKEN, url, privateToken);
  const headers = { accept: ACCEPT, ...ifChanged(last) };
  const answer = await http.get({ url, headers, credential, tokenName: TOKEN, maxBytes: SOURCE_LIMITS.metadataBytes });
  if (isNotModified(answer, last)) return null;
  const what = `the npm package ${name}`;
  if (answer.status !== 200) throw failedAnswer(answer, what, TOKEN, credential);
  return { known: parseAnswer(packument, answer.body, what), etag: answer.headers.etag ?? null };
}

function versionOf({ name, spec }: NpmSource, { 'dist-tags': tags, versions }: Packument): string {
  const known = Object.keys(versions);
  const { latest } = tags;
  const isRange = semver.validRange(spec) !== null;
  // As npm: a tag is never read as a range, and `latest` is preferred to what is higher.
  const tagged = isRange ? undefined : tags[spec];
  const version =
    tagged ??
    (latest !== undefined && isRange && semver.satisfies(latest, spec) ? latest : semver.maxSatisfying(known, spec));
  if (version !== null && Object.hasOwn(versions, version)) return version;
  const newest = known
    .filter((text) => semver.valid(text) !== null)
    .toSorted(semver.rcompare)
    .slice(0, MAX_NAMED);
  throw new SourceError(
    'not_found',
    `The npm package ${name} has no version ${JSON.stringify(spec)}. It has ${known.length}; the newest are ${newest.join(', ') || 'none'}; its tags are ${Object.keys(tags).slice(0, MAX_NAMED).join(', ') || 'none'}.`,
  );
}

const MAX_NAMED = 8;
