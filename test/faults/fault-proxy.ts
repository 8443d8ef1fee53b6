import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { signalGroup } from '../../local/lambda/process-group.ts';
import type { StandBetween } from '../../local/lambda/runtime-process.ts';
import type { Conductor } from './conductor.ts';
import type { FaultKind } from './fault-kinds.ts';
import { nameRequest, nameRuntimeRequest, type RequestName, type SeenRequest } from './name-request.ts';
import { internalError, type Refusal, refused, throttled } from './refusals.ts';

export interface FaultProxyOptions {
  conductor: Pick<Conductor, 'meet'>;
  /** The function's own name, by the one that it has in the stack. */
  functionNameOf(physicalName: string): string;
  /** Of tables, queues and buckets, by the names they have in the stack. */
  shortNames: ReadonlyMap<string, string>;
}

/**
 * Stands between functions and everything of AWS that they talk to. Each process has ports of its own, so that a request says whose it is;
 * the servers behind them are found among the addresses in its variables.
 */
export function createFaultProxy(options: FaultProxyOptions): StandBetween {
  return async (variables) => {
    const functionName = options.functionNameOf(variables['AWS_LAMBDA_FUNCTION_NAME'] ?? '');
    const runtimeApi = variables['AWS_LAMBDA_RUNTIME_API'] as string;
    let processId: number | undefined;
    const owner = { functionName, kill: () => processId !== undefined && signalGroup(processId, 'SIGKILL') };
    const doors = await Promise.all(
      [runtimeApi, ...serversIn(variables)].map((address) => openDoor(address, address === runtimeApi, owner, options)),
    );
    return {
      variables: Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [
          name,
          doors.reduce((text, { address, own }) => text.replaceAll(address, own), value),
        ]),
      ),
      onStart: (id) => void (processId = id),
      onEnd: () => doors.forEach((door) => door.close()),
    };
  };
}

/** `127.0.0.1:<port>` of every endpoint of AWS. */
function serversIn(variables: Readonly<Record<string, string>>): Set<string> {
  return new Set(
    Object.entries(variables)
      .filter(([name]) => name.startsWith('AWS_ENDPOINT_URL'))
      .map(([, url]) => new URL(url).host),
  );
}

interface Owner {
  functionName: string;
  kill(): void;
}

/** One server, as one process sees it. */
async function openDoor(address: string, isRuntimeApi: boolean, owner: Owner, options: FaultProxyOptions) {
  const agent = new Agent({ keepAlive: true });

  const meet = (name: RequestName | null, headers: IncomingHttpHeaders): FaultKind | null =>
    name && options.conductor.meet(owner.functionName, name, headers['amz-sdk-invocation-id'] as string | undefined);

  const pass = async (seen: SeenRequest, response: ServerResponse): Promise<Answer> => {
    const [host, port] = address.split(':');
    const upstream = send({
      host,
      port,
      method: seen.method,
      path: seen.path,
      agent,
      headers: { ...endToEnd(seen.headers), 'content-length': seen.body.length },
    });
    // A question for the next invocation ends with the process that has asked.
    response.once('close', () => upstream.destroy());
    upstream.end(seen.body);
    const [answered] = (await once(upstream, 'response')) as [IncomingMessage];
    const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, date: ____, ...headers } = answered.headers;
    return { status: answered.statusCode ?? 500, headers, body: await buffer(answered) };
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const seen = { method, path, headers, body: await buffer(incoming) };
    const name = isRuntimeApi ? nameRuntimeRequest(seen) : nameRequest(seen, options.shortNames);
    const fault = meet(name, headers);
    const refusal = name && fault && refusalOf(fault, name.service);
    if (refusal !== null) return reply(response, refusal);
    if (fault === 'times out') return;
    if (fault === 'killed before') return owner.kill();

    const answer = await pass(seen, response);
    if (fault === 'killed after') return owner.kill();
    if (fault === 'loses its answer') return void response.destroy();
    // The invocation itself is a step: the process can end when it has been given away, and when it has arrived.
    const onArrival = name?.operation === 'next' ? meet({ ...name, operation: 'invocation' }, {}) : null;
    if (onArrival === 'killed before') return owner.kill();
    reply(response, answer);
    if (onArrival === 'killed after') response.once('finish', () => owner.kill());
  };

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });
  // Never: a function that was frozen must not find its connections closed.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address,
    own: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer | string;
}

function reply(response: ServerResponse, { status, headers, body }: Answer | Refusal): void {
  // The function's clock leaps: its clients would take the server's time for a skew, and try again what nobody tries again.
  response.sendDate = false;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function refusalOf(fault: FaultKind, service: string): Refusal | null {
  if (fault === 'fails') return internalError(service);
  if (fault === 'is throttled') return throttled(service);
  return fault === 'is refused' ? refused(service) : null;
}

/** What is said of one connection only, or is said anew of the body. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect'];

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
