/** By this name plugins can tell a refusal from a failure. */
const NAME = 'RefusedConnectionError';

/** Of the system, for a connection that it denies; libraries know it. */
const CODE = 'EACCES';

/** The text for a connection that the guard refuses: not public. `target` is `address:port`. */
export function notPublicText(target: string): string {
  return `connect ${CODE} ${target}: refused, because plugins may connect to public addresses only, and this is one of this host, a private network or cloud metadata. Use a public address; for work on a laptop there is the setting allowPrivateNetworks`;
}

/** The text for a host that is not in the plugin config's list. */
export function notListedText(target: string, allowed: string): string {
  return `connect ${CODE} ${target}: refused, because it is not among the allowedHosts of this plugin config (${allowed}). Add it there if the plugin is to reach it`;
}

export function refusedConnection(message: string): Error {
  return markRefused(new Error(message), message);
}

export function isRefused(error: unknown): error is Error & { code: string } {
  return error instanceof Error && error.name === NAME;
}

/** Makes a refusal of an error that Node made. */
export function markRefused(error: Error, message: string): Error {
  const { stack } = error;
  const set = (key: string, value: unknown) =>
    Object.defineProperty(error, key, { value, writable: true, configurable: true });
  set('stack', `${NAME}: ${message}${/\n {4}at [^]*/.exec(stack ?? '')?.[0] ?? ''}`);
  set('message', message);
  set('name', NAME);
  set('code', CODE);
  return error;
}
