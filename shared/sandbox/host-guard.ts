import net from 'node:net';
import { isForbiddenAddress } from './address-guard.ts';
import { connectingPlugin } from './connecting-plugin.ts';
import { markRefused, notListedText, notPublicText, refusedConnection } from './refused-connection.ts';

/**
 * Holds the sockets of libraries to the `allowedHosts` of the plugin that opens them, by the name they ask for, and makes errors of
 * what the socket guard refuses that say so. Code that has left its realm can take this off; the socket guard it cannot.
 */
export function guardHosts(onRefused: (plugin: number) => void): void {
  const { prototype } = net.Socket as unknown as { prototype: SocketPrototype };
  const { connect, _destroy } = prototype;

  prototype.connect = function (...given) {
    const plugin = connectingPlugin();
    if (plugin === undefined || plugin.hosts === null) return Reflect.apply(connect, this, given);
    const { options, parameters } = pinTarget(given);
    const { host = 'localhost', port = Number.NaN, path } = options;
    // A UNIX socket is no host.
    if (path !== undefined || !plugin.hosts.allows(host, port)) {
      onRefused(plugin.id);
      const target = path ?? `${host}:${port}`;
      failToConnect(options, refusedConnection(notListedText(target, plugin.hosts.text)));
    }
    return Reflect.apply(connect, this, parameters);
  };

  prototype._destroy = function (error, done) {
    explain(error);
    return Reflect.apply(_destroy, this, [error, done]);
  };
}

interface SocketPrototype {
  connect(...parameters: unknown[]): unknown;
  _destroy(error: Error | null, done: unknown): unknown;
}

interface ConnectOptions {
  host?: string | undefined;
  port?: number | undefined;
  path?: string | undefined;
  lookup?: (name: string, options: unknown, done: (error: Error) => void) => void;
}

/** Reads where a socket is to connect to, into options of our own: the caller's could say something else when they are read again. */
function pinTarget(given: unknown[]): { options: ConnectOptions; parameters: unknown[] } {
  const [first, second] = given;
  // Node's own callers give all parameters as one list, which they have marked.
  if (Array.isArray(first)) {
    const options = ownOptions(first[0] as object);
    first[0] = options;
    return { options, parameters: given };
  }
  if (typeof first === 'object' && first !== null) {
    const options = ownOptions(first);
    return { options, parameters: [options, ...given.slice(1)] };
  }
  const isPath = typeof first === 'string' && Number.isNaN(Number(first));
  const options = ownOptions(
    isPath ? { path: first } : { port: first, host: typeof second === 'string' ? second : '' },
  );
  return { options, parameters: [options, ...given.filter((value) => typeof value === 'function')] };
}

function ownOptions(given: object): ConnectOptions {
  const { host, port, path, ...rest } = given as Record<string, unknown>;
  if (path) return { ...rest, path: String(path) };
  return { ...rest, host: String(host || 'localhost'), port: Number(port) };
}

/** Lets Node fail in its own way, with this error: where the name would be looked up. */
function failToConnect(options: ConnectOptions, error: Error): void {
  delete options.path;
  options.host = 'refused.invalid';
  options.port ??= 1;
  options.lookup = (_, __, done) => process.nextTick(done, error);
}

/** Node makes `connect EACCES 127.0.0.1:80 - Local (0.0.0.0:0)` of a refusal. One error for several addresses has theirs in a list. */
function explain(error: unknown): void {
  if (!(error instanceof Error)) return;
  if (error instanceof AggregateError) {
    const inner = error.errors as unknown[];
    inner.forEach(explain);
    const [first] = inner;
    if (first instanceof Error && first.name === 'RefusedConnectionError') markRefused(error, first.message);
    return;
  }
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EACCES' && syscall === 'connect' && address !== undefined && isForbiddenAddress(address))
    markRefused(error, notPublicText(`${address}:${String(port)}`));
}
