/** What of a project is to be set; what is left out stays. */
export interface ProjectChange {
  name?: string;
  anonymizeIps?: boolean;
  /** Of the IANA database. */
  timezone?: string;
  /** Where PostHog is; null: app.posthog.com. */
  posthogHost?: string | null;
  /** The project's token there; null: the same as here. */
  posthogProjectKey?: string | null;
  /** With what `posthog.api` speaks to PostHog. Can be set and taken away, never read. */
  personalApiKey?: string | null;
}

const MAX_NAME_CHARACTERS = 200;
const MAX_KEY_CHARACTERS = 500;

/** Finds what is wrong, by field; of a key, only that it is. */
export function problemsOfProject(change: ProjectChange): Record<string, string> {
  const { name, timezone, posthogHost, posthogProjectKey, personalApiKey } = change;
  const problems: [string, string | null][] = [
    ['name', name === undefined ? null : problemOfName(name)],
    [
      'timezone',
      timezone === undefined || isTimezone(timezone)
        ? null
        : `must be a name of the IANA database, for example Europe/Berlin; got ${JSON.stringify(timezone)}`,
    ],
    ['posthogHost', posthogHost == null ? null : problemOfHost(posthogHost)],
    ['posthogProjectKey', problemOfKey(posthogProjectKey)],
    ['personalApiKey', problemOfKey(personalApiKey)],
  ];
  return Object.fromEntries(problems.filter((entry): entry is [string, string] => entry[1] !== null));
}

function problemOfName(name: string): string | null {
  const { length } = name.trim();
  return length > 0 && length <= MAX_NAME_CHARACTERS
    ? null
    : `must have 1 to ${MAX_NAME_CHARACTERS} characters; got ${length}`;
}

/** `Intl` also takes offsets such as +02:00, which know no summer. */
function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function problemOfHost(host: string): string | null {
  const url = URL.canParse(host) ? new URL(host) : null;
  const isPlain = url !== null && `${url.username}${url.password}${url.search}${url.hash}` === '';
  return isPlain && /^https?:$/.test(url.protocol)
    ? null
    : 'must be a URL such as https://eu.posthog.com, with nothing behind its path and no user name';
}

function problemOfKey(key: string | null | undefined): string | null {
  const isKey = key == null || (/^[\x21-\x7e]+$/.test(key) && key.length <= MAX_KEY_CHARACTERS);
  return isKey ? null : `must be 1 to ${MAX_KEY_CHARACTERS} printable ASCII characters without blanks`;
}
