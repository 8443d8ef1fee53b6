import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
import { constants } from 'node:os';
import { isForbiddenAddress } from './address-guard.ts';

/**
 * Guards every socket of this process at the native handles, below `net`, `tls`, `http`, `fetch` and `WebSocket`: there every
 * connection comes past, after name resolution and again on each redirect, and the wrapper cannot be taken off.
 * UDP, UNIX sockets and servers have no use in a plugin and are refused altogether. `onRefused` hears of refused connections.
 */
export function guardSockets(existingPipe: net.Socket, onRefused: () => void): void {
  // Both are sockets that Node opens when they are first asked for, which some of its modules do; after this they could not be opened.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  const tcp = handlePrototype(net, '_createServerHandle', '127.0.0.1', 0, 4);
  const udp = handlePrototype(dgram, '_createSocketHandle', null, 0, 'udp4', -1, 0);
  const pipe = Object.getPrototypeOf((existingPipe as unknown as { _handle: object })._handle) as object;

  for (const method of ['connect', 'connect6'])
    replace(tcp, method, (original) => refuseForbidden(original, onRefused));
  for (const method of ['open', 'listen', 'bind', 'bind6']) replace(tcp, method, refuseAlways);
  for (const method of ['open', 'send', 'send6', 'connect', 'connect6', 'bind', 'bind6'])
    replace(udp, method, refuseAlways);
  for (const method of ['open', 'connect', 'listen', 'bind']) replace(pipe, method, refuseAlways);

  // Those of `node:dns` end here, and `_handle` of a resolver is it.
  const channel = Object.getPrototypeOf((new dns.Resolver() as unknown as { _handle: object })._handle) as object;
  for (const method of ['setServers', 'setLocalAddress']) replace(channel, method, () => refuseServers);
}

/** Wraps what opens a connection of TCP. The code that it guards against shares its built-ins: see `isForbiddenAddress`. */
export function refuseForbidden(original: HandleMethod, onRefused: () => void): HandleMethod {
  return function guarded(this: unknown, request, address, port) {
    if (typeof address !== 'string' || isForbiddenAddress(address)) {
      // It has been refused: whatever becomes of the telling changes nothing.
      try {
        onRefused();
      } catch {}
      return ACCESS_DENIED;
    }
    return apply(original, this, [request, address, port]);
  };
}

/** A resolver pointed at an address of the plugin's choice is a socket to that address. */
function refuseServers(): never {
  throw Object.assign(new Error('Plugins cannot choose a DNS server'), { code: 'EACCES' });
}

const { apply } = Reflect;

/** What a native handle answers when the system refuses: Node makes `connect EACCES 127.0.0.1:80` of it, an ordinary error of the socket. */
const ACCESS_DENIED = -constants.errno.EACCES;

type HandleMethod = (this: unknown, ...args: unknown[]) => unknown;

function refuseAlways(): HandleMethod {
  return () => ACCESS_DENIED;
}

function replace(prototype: object, method: string, wrap: (original: HandleMethod) => HandleMethod): void {
  const owner = findOwner(prototype, method);
  if (owner === null) return;
  const original = (owner as Record<string, HandleMethod>)[method] as HandleMethod;
  Object.defineProperty(owner, method, { value: wrap(original), writable: false, configurable: false });
}

function findOwner(prototype: object | null, method: string): object | null {
  for (let owner = prototype; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
    if (Object.hasOwn(owner, method)) return owner;
  }
  return null;
}

/** The prototype that all native handles of one kind share; got from one that is made and closed at once. */
function handlePrototype(module: object, factory: string, ...args: unknown[]): object {
  const create = (module as Record<string, unknown>)[factory] as (...args: unknown[]) => { close(): void };
  const handle = create(...args);
  if (typeof handle !== 'object') throw new Error(`Cannot guard sockets: ${factory} gave ${String(handle)}`);
  const prototype = Object.getPrototypeOf(handle) as object;
  handle.close();
  return prototype;
}
