import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createExtensionsApi, EXTENSIONS_PREFIX } from './extensions-api.ts';
import type { Invocation, InvocationError } from './invocation.ts';

/** Told of everything the runtime says. */
export interface RuntimeListener {
  onNext(): void;
  onResponse(payload: string): void;
  onError(error: InvocationError): void;
  onInitError(error: InvocationError): void;
}

export interface RuntimeApi {
  /** Whether the function has registered an extension. */
  hasExtensions(): boolean;
  /** `127.0.0.1:<port>`, as AWS_LAMBDA_RUNTIME_API has it. */
  address: string;
  /** Answers the runtime's pending question for the next invocation. */
  deliver(invocation: Invocation, details: { functionArn: string; deadlineMilliseconds: number }): void;
  close(): void;
}

/** Lambda's quota for a synchronous response, bytes. */
const MOST_RESPONSE_BYTES = 6_291_556;

const ROUTE =
  /^\/2018-06-01\/runtime\/(?:(?<next>invocation\/next)|(?<initError>init\/error)|invocation\/(?<requestId>[^/]+)\/(?<end>response|error))$/;

/** Starts the Lambda Runtime API for one environment, and the Extensions API beside it, on a free port of 127.0.0.1. */
export async function startRuntimeApi(listener: RuntimeListener): Promise<RuntimeApi> {
  let pendingNext: ServerResponse | undefined;
  let currentRequestId: string | undefined;
  // Lambda's init ends when the runtime and all extensions have asked for what comes next.
  const extensions = createExtensionsApi(() => endInit());
  let initialised = false;
  const endInit = () => {
    if (initialised || pendingNext === undefined || !extensions.allReady()) return;
    initialised = true;
    listener.onNext();
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = ROUTE.exec(request.url ?? '')?.groups;
    const body = await text(request);
    if (request.url?.startsWith(EXTENSIONS_PREFIX))
      return extensions.handle(request, body, response, pendingNext !== undefined || initialised);
    if (route === undefined || request.method !== (route['next'] === undefined ? 'POST' : 'GET')) {
      return reply(response, 404, 'UnknownRoute', `${request.method} ${request.url} is no route of the Runtime API`);
    }
    if (route['next'] !== undefined) {
      pendingNext = response;
      currentRequestId = undefined;
      return initialised ? listener.onNext() : endInit();
    }
    if (route['initError'] !== undefined) {
      reply(response, 202);
      return listener.onInitError(readError(request, body));
    }
    if (route['requestId'] !== currentRequestId) {
      return reply(response, 400, 'InvalidRequestID', `Invocation ${route['requestId']} is not under way`);
    }
    if (route['end'] === 'error') {
      listener.onError(readError(request, body));
    } else if (Buffer.byteLength(body) > MOST_RESPONSE_BYTES) {
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${MOST_RESPONSE_BYTES} bytes).`;
      listener.onError({ errorType: 'Function.ResponseSizeTooLarge', errorMessage, trace: [] });
      return reply(response, 413, 'Function.ResponseSizeTooLarge', errorMessage);
    } else {
      listener.onResponse(body);
    }
    reply(response, 202);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => reply(response, 500, 'InternalError', String(error)));
  });
  // Never: an idle connection that is closed just when the handler's answer is sent would lose the answer.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    hasExtensions: extensions.any,
    address: `127.0.0.1:${port}`,
    deliver({ requestId, payload }, { functionArn, deadlineMilliseconds }) {
      currentRequestId = requestId;
      const id = requestId.replaceAll('-', '');
      pendingNext?.writeHead(200, {
        'Content-Type': 'application/json',
        'Lambda-Runtime-Aws-Request-Id': requestId,
        'Lambda-Runtime-Deadline-Ms': String(deadlineMilliseconds),
        'Lambda-Runtime-Invoked-Function-Arn': functionArn,
        'Lambda-Runtime-Trace-Id': `Root=1-${id.slice(0, 8)}-${id.slice(8)};Parent=${id.slice(-16)};Sampled=0`,
      });
      pendingNext?.end(payload);
      pendingNext = undefined;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function reply(response: ServerResponse, status: number, errorType?: string, errorMessage?: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(errorType === undefined ? { status: 'OK' } : { errorType, errorMessage }));
}

function readError(request: IncomingMessage, body: string): InvocationError {
  const header = request.headers['lambda-runtime-function-error-type'];
  const errorType = typeof header === 'string' ? header : 'Unhandled';
  try {
    return { errorType, errorMessage: '', trace: [], ...(JSON.parse(body) as Partial<InvocationError>) };
  } catch {
    return { errorType, errorMessage: body, trace: [] };
  }
}
