import { PassThrough, type Readable } from 'node:stream';
import { types } from 'node:util';
import type { RealmClass } from '../realm-class.ts';
import { readHeaders } from './fetch-headers.ts';

/** A request of a plugin, read out of what it gave once: what it changes afterwards, or says differently the second time, changes nothing. */
export interface PluginRequest {
  url: URL;
  /** Upper case. */
  method: string;
  headers: Headers;
  body: string | Buffer | Readable | null;
  redirect: 'follow' | 'manual' | 'error';
  /** Redirects that are followed at most. */
  follow: number;
  /** For the answer, and once more for its body; 0 is none. */
  timeoutMilliseconds: number;
  /** Longest body of the answer; 0 is any. */
  sizeBytes: number;
  /** The plugin's own, or one of a library that it brought along. */
  signal: PluginSignal | null;
}

export interface PluginSignal {
  aborted?: unknown;
  addEventListener?: (name: string, listen: () => void) => void;
  removeEventListener?: (name: string, listen: () => void) => void;
}

/** Redirects that node-fetch follows when it is not told. */
const DEFAULT_FOLLOW = 20;

/**
 * Reads the parameters of `fetch` as node-fetch 2 does. Options of its transport (`agent`, `compress`) are ignored.
 *
 * @throws TypeError for what is no request.
 */
export function readRequest(
  input: unknown,
  init: unknown,
  Request: Pick<RealmClass<PluginRequest>, 'stateOf'>,
  Headers: Pick<RealmClass<Headers>, 'stateOf'>,
): PluginRequest {
  const base = Request.stateOf(input);
  const given = (init ?? {}) as Record<string, unknown>;
  const { method, headers, body, redirect, follow, timeout, size, signal } = given;
  const own: PluginRequest = {
    url: base === undefined ? readUrl(input) : new URL(base.url),
    method: String(method || base?.method || 'GET').toUpperCase(),
    headers:
      headers === undefined && base ? new globalThis.Headers(base.headers) : readHeaders(headers, Headers.stateOf),
    body: base?.body ?? null,
    redirect: readRedirect(redirect ?? base?.redirect),
    follow: Number(follow ?? base?.follow ?? DEFAULT_FOLLOW),
    timeoutMilliseconds: Number(timeout ?? base?.timeoutMilliseconds ?? 0),
    sizeBytes: Number(size ?? base?.sizeBytes ?? 0),
    signal: readSignal(signal === undefined ? base?.signal : signal),
  };
  if (body !== undefined && body !== null) {
    const { content, contentType } = readBody(body);
    own.body = content;
    if (contentType !== null && !own.headers.has('content-type')) own.headers.set('content-type', contentType);
  }
  if (own.body !== null && (own.method === 'GET' || own.method === 'HEAD'))
    throw new TypeError('Request with GET/HEAD method cannot have body');
  takeCredentials(own);
  return own;
}

/** An URL object is read by its `href`, whatever realm it is of; anything else is text. */
function readUrl(input: unknown): URL {
  const href = typeof input === 'object' && input !== null ? (input as { href?: unknown }).href : undefined;
  const text = typeof href === 'string' ? href : String(input);
  const url = URL.parse(text.trim());
  if (url === null) throw new TypeError(`Only absolute URLs are supported; got ${JSON.stringify(text.slice(0, 200))}`);
  // What carries its own answer reaches nobody.
  if (!['http:', 'https:', 'data:'].includes(url.protocol))
    throw new TypeError(`Only HTTP(S) protocols are supported; got ${url.protocol}`);
  return url;
}

function readRedirect(redirect: unknown): PluginRequest['redirect'] {
  if (redirect === undefined || redirect === null) return 'follow';
  if (redirect === 'follow' || redirect === 'manual' || redirect === 'error') return redirect;
  throw new TypeError(`redirect must be 'follow', 'manual' or 'error'; got ${String(redirect)}`);
}

function readSignal(signal: unknown): PluginSignal | null {
  if (signal === undefined || signal === null) return null;
  if (typeof signal === 'object' && 'aborted' in signal) return signal;
  throw new TypeError('Expected signal to be an instanceof AbortSignal');
}

/** Reads a body, of any realm. A stream is piped; what is no body is sent as its text. */
export function readBody(body: unknown): { content: string | Buffer | Readable; contentType: string | null } {
  if (typeof body === 'object' && body !== null) {
    if (ArrayBuffer.isView(body))
      return { content: Buffer.from(Buffer.from(body.buffer, body.byteOffset, body.byteLength)), contentType: null };
    if (types.isAnyArrayBuffer(body)) return { content: Buffer.from(Buffer.from(body)), contentType: null };
    const { pipe, getBoundary } = body as { pipe?: unknown; getBoundary?: unknown };
    if (typeof pipe === 'function') {
      const contentType =
        typeof getBoundary === 'function'
          ? `multipart/form-data;boundary=${String(Reflect.apply(getBoundary, body, []))}`
          : null;
      return { content: readStream(body as PluginStream), contentType };
    }
    if (body instanceof URLSearchParams || body.constructor?.name === 'URLSearchParams')
      return { content: String(body), contentType: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }
  return { content: String(body), contentType: 'text/plain;charset=UTF-8' };
}

interface PluginStream {
  pipe(target: PassThrough): unknown;
  on?(name: string, listen: (error: Error) => void): unknown;
}

function readStream(stream: PluginStream): Readable {
  const through = new PassThrough();
  stream.on?.('error', (error) => through.destroy(error));
  stream.pipe(through);
  return through;
}

/** `https://user:password@host/` means basic authentication. They do not stay in the address, which errors and answers show. */
function takeCredentials({ url, headers }: PluginRequest): void {
  const { username, password } = url;
  if (username === '' && password === '') return;
  url.username = '';
  url.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  if (!headers.has('authorization')) headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
}
