import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { EmbeddedServer } from './queue-and-bucket-server.ts';

/** An error that a client sees by its name: the SDK makes `error.name` of the code. */
export class ServiceError extends Error {
  override name = 'ServiceError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** One operation of a service that speaks AWS's JSON protocol, 1.0 or 1.1. */
export interface Operation {
  /** The members that a request may have; any other is an error that names it. */
  members: readonly string[];
  /** @throws ServiceError for what the client did wrong */
  run(input: Record<string, unknown>): object | Promise<object>;
}

/**
 * Serves operations, by `X-Amz-Target`, on a free port of 127.0.0.1. Any credentials are accepted.
 *
 * @param operations by target: `AWSEvents.PutEvents`
 */
export async function startJsonServer(operations: Readonly<Record<string, Operation>>): Promise<EmbeddedServer> {
  async function answer(request: IncomingMessage): Promise<object> {
    const target = String(request.headers['x-amz-target'] ?? '');
    const body = await text(request);
    const operation = Object.hasOwn(operations, target) ? operations[target] : undefined;
    if (operation === undefined) {
      const known = Object.keys(operations).sort().join(', ');
      throw new ServiceError(
        'UnknownOperationException',
        `The local stack has no operation ${target || '(none)'}; known here: ${known}`,
      );
    }
    const input = readObject(body, target);
    const unknown = Object.keys(input).filter((name) => !operation.members.includes(name));
    if (unknown.length > 0) {
      throw new ServiceError(
        'ValidationException',
        `${target}: ${unknown.join(', ')} is not honoured by the local stack; known here: ${operation.members.join(', ')}`,
      );
    }
    return operation.run(input);
  }

  const server = createServer((request, response) => {
    const contentType = request.headers['content-type'] ?? 'application/x-amz-json-1.0';
    answer(request).then(
      (output) => reply(response, 200, contentType, output),
      (error: unknown) => {
        if (error instanceof ServiceError) {
          reply(response, 400, contentType, { __type: error.code, message: error.message });
        } else {
          reply(response, 500, contentType, { __type: 'InternalServerError', message: String(error) });
        }
      },
    );
  });
  // A function that was frozen for a while must not find its idle connections closed.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const closed = promisify(server.close.bind(server))();
      server.closeAllConnections();
      await closed;
    },
  };
}

function readObject(body: string, target: string): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(body);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Record<string, unknown>;
  } catch {
    // Told below, as any other body that is no object.
  }
  throw new ServiceError('SerializationException', `${target}: the body is no JSON object`);
}

function reply(response: ServerResponse, status: number, contentType: string, body: object): void {
  response.writeHead(status, { 'Content-Type': contentType });
  response.end(JSON.stringify(body));
}
