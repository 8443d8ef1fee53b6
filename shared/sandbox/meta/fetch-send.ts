import { Readable } from 'node:stream';
import type { ConnectingPlugin } from '../connecting-plugin.ts';
import { notListedText } from '../refused-connection.ts';
import { abortion, FetchFailure, failureOf } from './fetch-errors.ts';
import type { PluginRequest } from './fetch-request.ts';

/**
 * What carries one request to its host and brings the answer: Node's `fetch`, or what stands in for it. It is asked once for each
 * redirect, follows none itself, and ends, with the answer's body, when the signal says so. What it throws is the reason that the plugin is told.
 */
export type Transport = (url: string, request: TransportRequest) => Promise<Response>;

export interface TransportRequest {
  /** Upper case. */
  method: string;
  headers: Headers;
  body?: string | Buffer | Readable;
  redirect: 'manual';
  signal: AbortSignal;
  /** Node's fetch wants it said of a body that is a stream. */
  duplex?: 'half';
}

/** An answer and the way to end it. */
export interface Answer {
  response: Response;
  url: string;
  redirected: boolean;
  timeoutMilliseconds: number;
  sizeBytes: number;
  controller: AbortController;
  /** Forgets the time limit and the plugin's signal: the answer is all here. */
  release(): void;
}

export interface SendDeps {
  transport: Transport;
  plugin: Pick<ConnectingPlugin, 'id' | 'hosts' | 'run'>;
  onRefused: (plugin: number) => void;
  /** Longest time of a request with its answer. */
  limitMilliseconds: number;
  /** Makes a listener that may be given to the plugin. */
  listener: (listen: () => void) => () => void;
}

/**
 * Sends a request and follows its redirects, as node-fetch 2 does, except that credentials are not taken along to another host.
 *
 * @throws FetchFailure
 */
export async function sendRequest(request: PluginRequest, deps: SendDeps): Promise<Answer> {
  const controller = new AbortController();
  const { signal } = request;
  if (signal?.aborted) throw abortion();
  const onAbort = deps.listener(() => controller.abort(abortion()));
  signal?.addEventListener?.('abort', onAbort);
  const timedOut = () =>
    controller.abort(new FetchFailure(`network timeout at: ${request.url.href}`, 'request-timeout'));
  // Neither keeps the process alive.
  const limit = setTimeout(timedOut, deps.limitMilliseconds).unref();
  const { timeoutMilliseconds } = request;
  const timeout = timeoutMilliseconds > 0 ? setTimeout(timedOut, timeoutMilliseconds).unref() : undefined;
  const release = () => {
    clearTimeout(limit);
    signal?.removeEventListener?.('abort', onAbort);
  };

  try {
    for (let count = 0; ; count++) {
      const response = await sendOnce(request, deps, controller.signal);
      const next = redirectOf(request, response, count);
      if (next === null) {
        const { href } = request.url;
        const { sizeBytes } = request;
        return { response, url: href, redirected: count > 0, timeoutMilliseconds, sizeBytes, controller, release };
      }
      await response.body?.cancel();
      redirect(request, response.status, next);
    }
  } catch (error) {
    release();
    throw error;
  } finally {
    clearTimeout(timeout);
  }
}

async function sendOnce(request: PluginRequest, deps: SendDeps, signal: AbortSignal): Promise<Response> {
  const { url, method, headers, body } = request;
  refuseUnlisted(url, deps);
  const own = new Headers(headers);
  // Of the connection, which is not the plugin's; and a length that was counted in characters would end it.
  for (const name of NOT_SENT) own.delete(name);
  if (!(body instanceof Readable)) own.delete('content-length');
  // Behind a listed name there may be others.
  if (deps.plugin.hosts !== null) own.delete('host');
  if (!own.has('accept')) own.set('accept', '*/*');
  const sent: TransportRequest = { method, headers: own, redirect: 'manual', signal };
  if (body !== null) sent.body = body;
  if (body instanceof Readable) sent.duplex = 'half';
  try {
    return await deps.plugin.run(() => deps.transport(url.href, sent));
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    throw failureOf(reason, `request to ${url.href} failed, reason`);
  }
}

const NOT_SENT = ['connection', 'expect', 'keep-alive', 'transfer-encoding', 'upgrade'];

/** Said here, too, and not only at the socket: a connection that is open already would serve anybody. */
function refuseUnlisted(url: URL, { plugin, onRefused }: SendDeps): void {
  const { hosts, id } = plugin;
  if (hosts === null || url.protocol === 'data:') return;
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  if (hosts.allows(url.hostname, port)) return;
  onRefused(id);
  throw new FetchFailure(
    `request to ${url.href} failed, reason: ${notListedText(`${url.hostname}:${port}`, hosts.text)}`,
    'refused',
    { name: 'RefusedConnectionError', code: 'EACCES' },
  );
}

/** Where an answer sends the plugin next; null when it is the last one. */
function redirectOf({ url, redirect: mode, follow, body }: PluginRequest, answer: Response, count: number): URL | null {
  if (!isRedirect(answer.status)) return null;
  if (mode === 'error') {
    throw new FetchFailure(
      `uri requested responds with a redirect, redirect mode is set to error: ${url.href}`,
      'no-redirect',
    );
  }
  const location = answer.headers.get('location');
  if (location === null || mode === 'manual') return null;
  const next = URL.parse(location, url.href);
  if (next === null || !['http:', 'https:'].includes(next.protocol)) {
    throw new FetchFailure(
      `uri requested responds with an invalid redirect URL: ${location.slice(0, 200)}`,
      'invalid-redirect',
    );
  }
  if (count >= follow) throw new FetchFailure(`maximum redirect reached at: ${url.href}`, 'max-redirect');
  if (body instanceof Readable && answer.status !== 303)
    throw new FetchFailure('Cannot follow redirect with body being a readable stream', 'unsupported-redirect');
  return next;
}

export function isRedirect(status: unknown): boolean {
  return [301, 302, 303, 307, 308].includes(status as number);
}

function redirect(request: PluginRequest, status: number, to: URL): void {
  const { url, method, headers } = request;
  if (status === 303 || ((status === 301 || status === 302) && method === 'POST')) {
    request.method = method === 'HEAD' ? 'HEAD' : 'GET';
    request.body = null;
    for (const name of ['content-length', 'content-type']) headers.delete(name);
  }
  const sameHost = to.hostname === url.hostname || to.hostname.endsWith(`.${url.hostname}`);
  if (!sameHost || (url.protocol === 'https:' && to.protocol === 'http:'))
    for (const name of CREDENTIALS) headers.delete(name);
  headers.delete('host');
  // A name in the address is not sent on either.
  to.username = '';
  to.password = '';
  request.url = to;
}

const CREDENTIALS = ['authorization', 'cookie', 'cookie2', 'proxy-authorization', 'www-authenticate'];
