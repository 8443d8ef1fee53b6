import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { LOCALHOST_CERTIFICATE } from './localhost-certificate.ts';

export interface TestServer {
  port: number;
  close(): void;
}

export interface CloudRequest {
  method: string;
  path: string;
  body: string;
}

/** Stands for the HTTP endpoints of S3, Google's storage and BigQuery: takes everything, and says what it took. */
export async function startCloud(delayMilliseconds = 0): Promise<TestServer & { requests: CloudRequest[] }> {
  const requests: CloudRequest[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await read(request);
    requests.push({ method: request.method ?? '', path: request.url ?? '', body });
    // Of a multipart upload: the file is the last part.
    const file = body.split('\r\n\r\n').at(-1)?.split('\r\n--')[0] ?? '';
    await new Promise((resolve) => setTimeout(resolve, delayMilliseconds));
    const isJson = request.url?.includes('/v1/') || request.url?.includes('/v2/');
    response.setHeader('content-type', isJson ? 'application/json' : 'application/xml');
    response.setHeader('etag', '"tag"');
    const md5Hash = createHash('md5').update(file).digest('base64');
    response.end(isJson ? JSON.stringify({ name: 'stored', md5Hash }) : '');
  };
  const server = createServer((request, response) => void answer(request, response));
  return { ...(await listening(server)), requests };
}

/** A gRPC server that stands for Pub/Sub: each message that is published gets the id `id-1`. */
export async function startPubSub(): Promise<TestServer & { published: string[] }> {
  const published: string[] = [];
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      published.push(`${String(headers[':path'])} ${Buffer.concat(chunks).toString('latin1')}`);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      // A frame with PublishResponse { message_ids: ['id-1'] }.
      stream.end(Buffer.from([0, 0, 0, 0, 6, 0x0a, 4, ...Buffer.from('id-1')]));
    });
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
  return { port: (server.address() as { port: number }).port, close, published };
}

/** Answers each query with one row, `{ n: 1 }`; over TLS when it is asked to. */
export async function startPostgres(): Promise<TestServer & { queries: string[] }> {
  const queries: string[] = [];
  const serve = (socket: Socket | TLSSocket, isStart: boolean) => {
    let waitsForStart = isStart;
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => {
      if (waitsForStart && data.readInt32BE(4) === SSL_REQUEST) {
        socket.write('S');
        socket.removeAllListeners('data');
        serve(new TLSSocket(socket, { isServer: true, ...LOCALHOST_CERTIFICATE }), true);
      } else if (waitsForStart) {
        waitsForStart = false;
        socket.write(Buffer.concat([message('R', int32(0)), READY]));
      } else if (data.toString('latin1', 0, 1) === 'Q') {
        queries.push(data.toString('utf8', 5, data.length - 1));
        socket.write(Buffer.concat([COLUMN, ROW, message('C', Buffer.from('SELECT 1\0')), READY]));
      } else socket.end();
    });
  };
  return { ...(await listening(createTcpServer((socket) => serve(socket, true)))), queries };
}

const SSL_REQUEST = 80877103;
const READY = message('Z', Buffer.from('I'));
const COLUMN = message(
  'T',
  Buffer.from('0001 6e00 00000000 0000 00000017 0004 ffffffff 0000'.replaceAll(' ', ''), 'hex'),
);
const ROW = message('D', Buffer.from('0001 00000001 31'.replaceAll(' ', ''), 'hex'));

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as { port: number }).port, close };
}
