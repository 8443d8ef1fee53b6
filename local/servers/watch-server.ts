import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { EmbeddedServer } from './queue-and-bucket-server.ts';

/** A request as a client has made it. */
export interface WatchedRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A request and its answer, as they went by. */
export interface Exchange {
  request: WatchedRequest;
  status: number;
  answer: Buffer;
}

export interface Watcher {
  /** Gives another body for the request; the server gets that one. */
  rewrite?(request: WatchedRequest): Buffer;
  /** Told of every answer before the client has it. A request whose client went away has none. */
  onExchange(exchange: Exchange): void;
}

/**
 * Starts a server before another one, on a free port of 127.0.0.1, which sees everything that goes by. A client that goes away takes its
 * request along.
 */
export async function watchServer(watched: EmbeddedServer, watcher: Watcher): Promise<EmbeddedServer> {
  const { hostname, port } = new URL(watched.url);
  const agent = new Agent({ keepAlive: true });

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const request = { method, path, headers, body: await buffer(incoming) };
    const body = watcher.rewrite?.(request) ?? request.body;
    const upstreamHeaders = { ...endToEnd(headers), 'content-length': body.length };
    const upstream = send({ hostname, port, method, path, agent, headers: upstreamHeaders });
    response.once('close', () => upstream.destroy());
    upstream.end(body);
    const [answered] = (await once(upstream, 'response')) as [IncomingMessage];
    const answer = await buffer(answered);
    const status = answered.statusCode ?? 500;
    watcher.onExchange({ request, status, answer });
    const { connection: _____, 'transfer-encoding': ______, ...answerHeaders } = answered.headers;
    // The answer to HEAD tells a length and has no body.
    response.writeHead(
      status,
      method === 'HEAD' ? answerHeaders : { ...answerHeaders, 'content-length': answer.length },
    );
    response.end(answer);
  }

  const server = createServer((incoming, response) => {
    forward(incoming, response).catch(() => response.destroy());
  });
  // A function that was frozen for a while must not find its idle connections closed.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = promisify(server.close.bind(server))();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

/** What is said of one connection only, or is said anew of the body. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect'];

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
