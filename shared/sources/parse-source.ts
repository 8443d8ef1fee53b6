import { parseGitHub } from './parse-github.ts';
import { parseGitLab } from './parse-gitlab.ts';
import { parseNpm, parseNpmPage } from './parse-npm.ts';
import { findInLibrary } from './plugin-library.ts';
import type { PluginSource } from './plugin-source.ts';
import { createSecret, type Secret } from './secret.ts';
import { SourceError } from './source-error.ts';

export interface ParsedSource {
  source: PluginSource;
  /** What stood in `?private_token=`; null when nothing did. It wins over the site's own token, and no text has it any more. */
  privateToken: Secret | null;
}

export interface ParseOptions {
  /** Origins of GitLab instances beside gitlab.com: `https://git.example.com`. */
  gitlabSites?: readonly string[];
  /** Origins of GitHub Enterprise. */
  githubSites?: readonly string[];
}

/** What a person may write, by kind, with examples; `docs/sources.md` has the same. */
export const SOURCE_FORMS = {
  'a plugin of the library': ['GeoIP'],
  'an npm package': [
    'posthog-plugin-x',
    '@scope/name@1.2.3',
    'name@^1.0.0',
    'npm:name@beta',
    'https://www.npmjs.com/package/@scope/name/v/1.2.3',
  ],
  'a GitHub repository': [
    'https://github.com/owner/repository',
    'https://github.com/owner/repository/tree/main/plugins/mine',
    'https://github.com/owner/repository/commit/4f1c5a2',
    'https://github.com/owner/repository/releases/tag/v1.2.3',
    'https://github.com/owner/repository/archive/refs/tags/v1.2.3.zip',
    'github+https://github.example.com/owner/repository',
  ],
  'a GitLab repository': [
    'https://gitlab.com/group/subgroup/project',
    'https://gitlab.com/group/project/-/tree/main/plugins/mine',
    'https://gitlab.com/group/project/-/tags/v1.2.3',
    'gitlab+https://git.example.com/group/project',
  ],
  'an archive': ['https://example.com/plugin.zip', 'https://example.com/plugin.tar.gz'],
} as const satisfies Record<string, readonly string[]>;

const MAX_CHARACTERS = 2000;
const TOKEN = /([?&])private_token=([^&#\s]*)&?/i;

/**
 * Reads where a plugin is to come from. Does not ask anybody whether it is there.
 *
 * @throws SourceError `unknown_source`, which lists what is allowed; the text of a token is never in it.
 */
export function parseSource(text: string, options: ParseOptions = {}): ParsedSource {
  const { rest, privateToken } = takeToken(text.trim());
  if (rest.length > MAX_CHARACTERS)
    throw unknown(rest, `it has ${rest.length} characters; ${MAX_CHARACTERS} are allowed`);
  const known = findInLibrary(rest);
  const source = readSource(known?.source ?? rest, options);
  return { source, privateToken };
}

function takeToken(text: string): { rest: string; privateToken: Secret | null } {
  const found = TOKEN.exec(text);
  if (found === null) return { rest: text, privateToken: null };
  const rest = text.replace(TOKEN, '$1').replace(/[?&](?=#|$)/, '');
  if (found[2] === '') throw unknown(rest, 'private_token is empty');
  if (TOKEN.test(rest)) throw unknown(rest, 'it has more than one private_token');
  return { rest, privateToken: createSecret(decode(found[2] as string) ?? (found[2] as string)) };
}

/** Texts that are URLs without saying so. */
const BARE_HOST = /^(?:www\.)?(?:github\.com|gitlab\.com|npmjs\.com)\//;
/** `git@github.com:owner/repository.git` */
const SECURE_SHELL = /^git@([\w.-]+):(?!\/)/;

function readSource(text: string, options: ParseOptions): PluginSource {
  if (text === '') throw unknown(text, 'it is empty');
  if (text.startsWith('npm:'))
    return parseNpm(text.slice('npm:'.length)) ?? fail(text, 'after npm: there must be a package');
  const address = text.replace(SECURE_SHELL, 'https://$1/').replace(BARE_HOST, 'https://$&');
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(address)) return parseNpm(address) ?? fail(text);
  const scheme = /^[^:]+/.exec(address)?.[0].toLowerCase() ?? '';
  const url = URL.parse(address.replace(/^git(?:lab|hub)?\+(?=https?:)/i, ''));
  if (url === null || !/^(?:git(?:lab|hub)?\+)?https?$/.test(scheme))
    return fail(text, 'that is no URL that can be fetched');
  if (url.username !== '' || url.password !== '')
    return fail(text, 'a URL must not have a user or password in it: write ?private_token=… instead');
  return readUrl(url, scheme, options) ?? fail(text);
}

function readUrl(url: URL, scheme: string, options: ParseOptions): PluginSource | null {
  const { gitlabSites = [], githubSites = [] } = options;
  const parts = url.pathname
    .split('/')
    .map(decode)
    .filter((part) => part !== '');
  if (parts.includes(null)) return null;
  const path = parts as string[];
  const host = url.hostname.replace(/^www\./, '');
  const site = url.origin.replace('//www.', '//');
  if (scheme.startsWith('gitlab+') || host === 'gitlab.com' || gitlabSites.includes(site))
    return parseGitLab(site, path) ?? readArchive(url);
  if (host === 'github.com') return parseGitHub(path) ?? readArchive(url);
  if (scheme.startsWith('github+') || githubSites.includes(site)) {
    const found = parseGitHub(path);
    return found === null ? readArchive(url) : { ...found, site };
  }
  if (host === 'npmjs.com') return parseNpmPage(path);
  return readArchive(url);
}

/** Parameters that open what they stand behind. They would be stored with the source, where everybody can read them. */
const CREDENTIAL = /token|secret|password|signature|credential|api_?key|^(?:auth|key|sig)$/i;

function readArchive(url: URL): PluginSource | null {
  if (!/\.(?:zip|tgz|tar\.gz)$/i.test(url.pathname)) return null;
  const secret = [...url.searchParams.keys()].find((name) => CREDENTIAL.test(name));
  if (secret !== undefined)
    return fail(
      url.href,
      `"${secret}" looks like a credential, and URLs are stored readable: write ?private_token=…, which is sent as a header, or download the archive and install the file`,
    );
  url.hash = '';
  return { kind: 'archive', url: url.href };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function fail(text: string, reason?: string): never {
  throw unknown(text, reason);
}

function unknown(text: string, reason?: string): SourceError {
  const forms = Object.entries(SOURCE_FORMS).map(([kind, examples]) => `  ${kind}: ${examples.join(' · ')}`);
  const why = reason === undefined ? '' : ` (${reason})`;
  return new SourceError(
    'unknown_source',
    `No plugin can be installed from ${shown(text)}${why}. Allowed are:\n${forms.join('\n')}\nA private source takes ?private_token=… at its end.`,
  );
}

const MAX_SHOWN = 120;

/** Without what may be secret: users, passwords, parameters. */
function shown(text: string): string {
  const safe = text.replace(/[?#][^]*$/, '').replace(/\/\/[^/]*@/, '//');
  return JSON.stringify(safe.length > MAX_SHOWN ? `${safe.slice(0, MAX_SHOWN)}…` : safe);
}
