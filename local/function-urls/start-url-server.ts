import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { LocalFunction } from '../lambda/local-function.ts';
import { inLine } from './in-line.ts';
import { readBody } from './read-body.ts';
import { type HttpAnswer, messageAnswer, urlAnswer } from './url-answer.ts';
import { urlEvent } from './url-event.ts';

export interface UrlServerOptions {
  localFunction: LocalFunction;
  /** 0 for a free one. */
  port: number;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Whether the template lets everybody invoke the function by its URL. */
  isPublic(): boolean;
  /** The most requests that are worked on at once, each in an environment of its own. */
  mostAtOnce?: number;
}

export interface UrlServer {
  port: number;
  stop(): Promise<void>;
}

/** Lambda's quota for the event of a synchronous invocation, bytes. That for the answer is held by the Runtime API, which fails the invocation. */
const MOST_EVENT_BYTES = 6_291_556;

/** As many environments as a laptop carries. On AWS it is the account's concurrency, by default 1,000, and there is no line to wait in. */
const MOST_AT_ONCE = 10;

/**
 * Serves a function on a port of 127.0.0.1, as Lambda does at a function URL: one event per request, whose answer is buffered.
 *
 * @throws with the code EADDRINUSE when the port is taken
 */
export async function startUrlServer(options: UrlServerOptions): Promise<UrlServer> {
  const { localFunction, now, isPublic, mostAtOnce = MOST_AT_ONCE } = options;
  const waitInLine = inLine(mostAtOnce);

  async function answerTo(request: IncomingMessage, requestId: string): Promise<HttpAnswer> {
    const body = await readBody(request, MOST_EVENT_BYTES);
    if (!isPublic()) return messageAnswer(403, '{"Message":"Forbidden"}');
    const domainName = request.headers.host ?? `127.0.0.1:${request.socket.localPort}`;
    const event = body && JSON.stringify(urlEvent(request, body, { requestId, now: now(), domainName }));
    if (event === null || Buffer.byteLength(event) > MOST_EVENT_BYTES) {
      const message = `Request must be smaller than ${MOST_EVENT_BYTES} bytes for the InvokeFunction operation`;
      return messageAnswer(413, JSON.stringify({ Message: message }));
    }
    return urlAnswer(await waitInLine(() => localFunction.invoke(event)));
  }

  const server = createServer((request, response) => {
    const requestId = randomUUID();
    answerTo(request, requestId)
      .then((answer) => write(response, requestId, answer))
      .catch(() => {
        if (response.headersSent) response.destroy();
        else write(response, requestId, messageAnswer(502, 'Internal Server Error'));
      });
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = promisify(server.close.bind(server))();
      server.closeAllConnections();
      await closed;
    },
  };
}

function write(response: ServerResponse, requestId: string, { status, headers, cookies, body }: HttpAnswer): void {
  response.writeHead(status, {
    'x-amzn-requestid': requestId,
    ...headers,
    ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }),
    ...(status === 204 || status === 304 ? {} : { 'content-length': String(body.length) }),
  });
  response.end(body);
}
