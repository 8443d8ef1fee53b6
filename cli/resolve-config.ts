import { UsageError } from './usage-error.ts';

/** Where an API is, and the token for it. */
export interface Profile {
  url: string;
  token: string;
}

/** What profile files say. */
export interface ProfileFile {
  /** Taken when none is named; the only one there is when this is missing. */
  default?: string;
  profiles: Record<string, Profile>;
}

export interface ConfigSources {
  flags: { url?: string | undefined; token?: string | undefined; profile?: string | undefined };
  env: Record<string, string | undefined>;
  file: ProfileFile;
}

/**
 * Finds out where the API is. Flags win over `HOGLET_URL`, `HOGLET_TOKEN` and `HOGLET_PROFILE`, those over the profile. A URL from a flag or
 * the environment never gets the token of a profile: it would be sent to a server that the profile is not about.
 *
 * @throws UsageError that says what is missing
 */
export function resolveConfig({ flags, env, file }: ConfigSources): Profile {
  const url = flags.url ?? env['HOGLET_URL'];
  const token = flags.token ?? env['HOGLET_TOKEN'];
  if (url !== undefined) {
    if (token === undefined) throw new UsageError(`There is no token for ${url}: give --token or set HOGLET_TOKEN.`);
    return { url: baseUrl(url), token };
  }
  const profile = findProfile(flags.profile ?? env['HOGLET_PROFILE'], file);
  return { url: baseUrl(profile.url), token: token ?? profile.token };
}

function findProfile(named: string | undefined, { default: standard, profiles }: ProfileFile): Profile {
  const names = Object.keys(profiles);
  const name = named ?? standard ?? (names.length === 1 ? names[0] : undefined);
  if (name !== undefined && Object.hasOwn(profiles, name)) return profiles[name] as Profile;
  const known = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
  throw new UsageError(
    name === undefined
      ? `Where is the API? Give --url and --token, set HOGLET_URL and HOGLET_TOKEN, or choose a profile with --profile (${known}). \`npm start\` makes one for the stack on this machine.`
      : `There is no profile "${name}": ${known}.`,
  );
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`The URL of the API must begin with http:// or https://; got ${JSON.stringify(text)}.`);
  if (url.username !== '' || url.password !== '')
    throw new UsageError('The URL of the API must have no user and no password; give the token with --token.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
