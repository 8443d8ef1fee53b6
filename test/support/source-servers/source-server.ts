import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server answers. Null: nothing is there. */
export interface SourceAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Ends the connection after so many bytes of the body, although more are announced. */
  cutAfterBytes?: number;
  /** Announces no length. */
  isChunked?: boolean;
  /** Never ends. */
  hangs?: boolean;
}

export interface SeenSourceRequest {
  path: string;
  headers: IncomingHttpHeaders;
  /** Without `Bearer`. */
  token: string | null;
}

export interface SourceServer {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** `127.0.0.1:<port>` */
  host: string;
  seen: SeenSourceRequest[];
  /** Answers to give first, in their order, each to the next request whose path has its text. */
  faults: { on: string; answer: SourceAnswer }[];
  close(): Promise<void>;
}

/** A server on loopback that answers by a function, remembers what it was asked, and fails on demand. Answers 304 to whoever has the `etag`. */
export async function startSourceServer(
  answer: (request: SeenSourceRequest) => SourceAnswer | null,
): Promise<SourceServer> {
  const seen: SeenSourceRequest[] = [];
  const faults: SourceServer['faults'] = [];
  const server: Server = createServer((request, response) => {
    const { headers, url: path = '/' } = request;
    const asked = { path, headers, token: /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? null };
    seen.push(asked);
    const fault = faults.findIndex(({ on }) => path.includes(on));
    const given = fault === -1 ? answer(asked) : (faults.splice(fault, 1)[0]?.answer ?? null);
    send(response, given ?? NOTHING, headers['if-none-match']);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    seen,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const NOTHING: SourceAnswer = { status: 404, body: '{"message":"Not Found"}' };

function send(response: ServerResponse, answer: SourceAnswer, known: string | undefined): void {
  const { status = 200, headers = {}, cutAfterBytes, isChunked = false, hangs = false } = answer;
  const body = Buffer.from((answer.body ?? '') as string);
  if (headers['etag'] !== undefined && headers['etag'] === known) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(status, { ...(isChunked ? {} : { 'content-length': String(body.length) }), ...headers });
  if (hangs) return void response.flushHeaders();
  if (cutAfterBytes === undefined) return void response.end(body);
  response.write(body.subarray(0, cutAfterBytes), () => response.destroy());
}
