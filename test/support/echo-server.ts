import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface SeenRequest {
  method: string | undefined;
  url: string | undefined;
  body: string;
  accept: string | undefined;
  authorization: string | undefined;
  cookie: string | undefined;
  host: string | undefined;
  length: string | undefined;
  own: string | undefined;
  type: string | undefined;
}

/** A server on loopback that remembers what it was asked. */
export interface EchoServer {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  port: number;
  seen: SeenRequest[];
  /** How many connections were opened to it. */
  connections(): number;
  close(): Promise<void>;
}

/** Answers by path: see `ANSWERS`; any other path is answered with the method and the body. */
export async function startEchoServer(): Promise<EchoServer> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      seen.push(seenRequest(request, body));
      const url = new URL(request.url ?? '/', 'http://x');
      const answer = ANSWERS[url.pathname.split('/')[1] ?? ''];
      if (answer) answer(response, url, `http://${request.headers.host ?? ''}`);
      else response.end(`${request.method} ${body}`);
    });
  }).on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    seen,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ANSWERS: Record<string, (response: ServerResponse, url: URL, origin: string) => void> = {
  json: (response) => response.setHeader('content-type', 'application/json').end('{"a":[1]}'),
  status: (response, { pathname }) =>
    response.writeHead(Number(pathname.split('/')[2]), { 'x-one': '1', 'set-cookie': ['a=1', 'b=2'] }).end('answered'),
  redirect: (response, { pathname, searchParams }, origin) => {
    const to = searchParams.get('to') ?? '/';
    response.writeHead(Number(pathname.split('/')[2]), { location: to.startsWith('/') ? origin + to : to }).end();
  },
  never: () => {},
  endless: (response) => response.write('begun'),
  'slow-body': (response) => {
    response.write('');
    response.flushHeaders();
    setTimeout(() => response.end('slow'), 100);
  },
  broken: (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('begun');
    setTimeout(() => response.destroy(), 20);
  },
  close: (response) => response.destroy(),
};

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function seenRequest({ method, url, headers }: IncomingMessage, body: string): SeenRequest {
  const { accept, authorization, cookie, host } = headers;
  const own = headers['x-own'] as string | undefined;
  return {
    method,
    url,
    body,
    accept,
    authorization,
    cookie,
    host,
    length: headers['content-length'],
    own,
    type: headers['content-type'],
  };
}
