/** The hosts that one plugin config may connect to. */
export interface HostList {
  /** `host` is a name or an address, as in a URL or as a library gives it to a socket. */
  allows(host: string, port: number): boolean;
  /** As entered, for error messages. */
  text: string;
}

/**
 * Reads `allowedHosts` of a plugin config. An entry is a host name, `*.example.com` for every name below that one (not itself), or an
 * address (IPv6 in brackets), each with `:port` when only that port is meant. An empty list allows nothing.
 *
 * @throws Error for an entry that is none of these: a list that does not mean what it says must not run.
 */
export function readHostList(entries: readonly string[]): HostList {
  const rules = entries.map(readRule);
  return {
    text: entries.length === 0 ? 'none' : entries.join(', '),
    allows(host, port) {
      const name = plainName(host);
      return rules.some((rule) => (rule.port === null || rule.port === port) && matches(rule, name));
    },
  };
}

interface Rule {
  /** Lower case; an IPv6 address without brackets. */
  name: string;
  /** The rule is for all names that end with `.name`. */
  below: boolean;
  /** Null: any. */
  port: number | null;
}

function matches({ name, below }: Rule, host: string): boolean {
  return below ? host.endsWith(`.${name}`) : host === name;
}

const ENTRY = /^(?<wildcard>\*\.)?(?<host>\[[^\]]+\]|[^\s:/?#@*[\]\\]+)(?::(?<port>\d{1,5}))?$/;

function readRule(entry: string): Rule {
  const { wildcard, host, port } = ENTRY.exec(entry)?.groups ?? {};
  const url = host === undefined ? null : URL.parse(`http://${host}/`);
  if (url === null || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) {
    throw new Error(
      `allowedHosts has ${JSON.stringify(entry)}; allowed are names (api.example.com), all names below one (*.example.com) and addresses, each with or without a port (api.example.com:8443)`,
    );
  }
  return {
    name: plainName(url.hostname),
    below: wildcard !== undefined,
    port: port === undefined ? null : Number(port),
  };
}

/** Lower case, without the brackets of IPv6 and the dot that may end a name. */
function plainName(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
