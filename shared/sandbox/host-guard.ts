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

  prototype.connect = function (...parameters) {
    const plugin = connectingPlugin();
    if (plugin === undefined || plugin.hosts === null) return Reflect.apply(connect, this, parameters);
    const { host, port } = pinTarget(parameters);
    if (plugin.hosts.allows(host, port)) return Reflect.apply(connect, this, parameters);
    onRefused(plugin.id);
    const error = refusedConnection(notListedText(`${host}:${port}`, plugin.hosts.text));
    this.connecting = true;
    process.nextTick(() => this.destroy(error));
    return this;
  };

  prototype._destroy = function (error, done) {
    explain(error);
    return Reflect.apply(_destroy, this, [error, done]);
  };
}

interface SocketPrototype {
  connecting: boolean;
  connect(...parameters: unknown[]): unknown;
  destroy(error: Error): void;
  _destroy(error: Error | null, done: unknown): unknown;
}

/** Reads where a socket is to connect to, and puts a copy in place of options, which could say something else when they are read again. */
function pinTarget(parameters: unknown[]): { host: string; port: number } {
  // Node's own callers give the parameters as one list.
  const list = Array.isArray(parameters[0]) ? (parameters[0] as unknown[]) : parameters;
  const [first, second] = list;
  if (typeof first !== 'object' || first === null)
    return { host: typeof second === 'string' ? second : 'localhost', port: Number(first) };
  const options = { ...(first as { host?: unknown; port?: unknown; path?: unknown }) };
  list[0] = options;
  // A UNIX socket is no host: its path matches nothing.
  if (options.path) return { host: String(options.path), port: Number.NaN };
  options.host = String(options.host || 'localhost');
  options.port = Number(options.port);
  return { host: options.host as string, port: options.port as number };
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
