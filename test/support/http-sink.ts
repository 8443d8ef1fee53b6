import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine that keeps what is posted to it. */
export interface HttpSink extends AsyncDisposable {
  url: string;
  /** JSON bodies that were taken, by path, in the order in which they came. */
  received: Map<string, unknown[]>;
  /** Status to answer with, for each request with this path; 200 where nothing is said. What is not taken is not kept. */
  answers: Map<string, () => number>;
  /** Requests so far, taken or not, by path. */
  requests: Map<string, number>;
}

export async function startHttpSink(): Promise<HttpSink> {
  const received = new Map<string, unknown[]>();
  const answers = new Map<string, () => number>();
  const requests = new Map<string, number>();
  const server = http.createServer((request, response) => {
    const path = request.url ?? '/';
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      requests.set(path, (requests.get(path) ?? 0) + 1);
      response.statusCode = answers.get(path)?.() ?? 200;
      if (response.statusCode === 200)
        received.set(path, [...(received.get(path) ?? []), JSON.parse(Buffer.concat(chunks).toString('utf8'))]);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
