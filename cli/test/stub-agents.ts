import http from 'node:http';
import https from 'node:https';
import { type Duplex, duplexPair } from 'node:stream';
import { type AnswerHttp, StubbedFailure } from './http-exchange.ts';

/** Where a connection that was never made would lead. */
interface Target {
  protocol: 'http:' | 'https:';
  host: string;
  port: number;
  /** The plugin's end. */
  client: Duplex;
}

const STANDARD_PORTS = { 'http:': 80, 'https:': 443 };

/**
 * Has the requests of `node:http` and `node:https` answered in place of the network: what libraries send, node-fetch and SDKs for example.
 * Every agent's connections end at a server within this process, so requests and responses are written and read as they always are.
 */
export function stubAgents(answer: AnswerHttp): void {
  const targets = new WeakMap<object, Target>();
  const server = http.createServer((request, response) => {
    const target = targets.get(request.socket) as Target;
    void reply(request, response, target, answer).catch((error: unknown) => target.client.destroy(error as Error));
  });

  const connect = (protocol: Target['protocol'], { host, port }: { host?: string; port?: number | string }): Duplex => {
    const [client, far] = duplexPair();
    const target = { protocol, host: host ?? 'localhost', port: Number(port ?? STANDARD_PORTS[protocol]), client };
    targets.set(far, target);
    far.on('error', () => {});
    Object.assign(client, asSocket(client, target));
    server.emit('connection', far);
    return client;
  };
  for (const [agent, protocol] of [
    [http.Agent, 'http:'],
    [https.Agent, 'https:'],
  ] as const) {
    const createConnection = (options: object): Duplex => connect(protocol, options);
    Object.defineProperty(agent.prototype, 'createConnection', { value: createConnection, writable: true });
  }
}

async function reply(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { protocol, host, port, client }: Target,
  answer: AnswerHttp,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const name = host.includes(':') ? `[${host}]` : host;
  const answered = await answer({
    method: request.method ?? 'GET',
    // Joined as texts: a path may begin with two slashes.
    url: new URL(`${protocol}//${name}:${port}${request.url ?? '/'}`).href,
    headers: Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)])),
    bodyBase64: chunks.length === 0 ? null : Buffer.concat(chunks).toString('base64'),
  });
  if ('error' in answered) {
    client.destroy(new StubbedFailure(answered.error));
    return;
  }
  // The time of the machine has no place here.
  response.sendDate = false;
  response.writeHead(answered.status, answered.statusText, answered.headers);
  response.end(answered.body);
}

/** What clients call and read on a socket; it is connected, and secured, from the start. */
function asSocket(client: Duplex, { protocol, host, port }: Target): object {
  const same = () => client;
  return {
    connecting: false,
    encrypted: protocol === 'https:',
    authorized: protocol === 'https:',
    remoteAddress: host,
    remotePort: port,
    setTimeout: same,
    setNoDelay: same,
    setKeepAlive: same,
    ref: same,
    unref: same,
    destroySoon: () => client.destroy(),
    getPeerCertificate: () => ({}),
  };
}
