import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What plugins of the demo have told the world outside. */
export interface DemoSink extends AsyncDisposable {
  urls: { exports: string; followUps: string; counts: string };
  /** Uuids of the events that were exported. */
  exported: ReadonlySet<string>;
  /** Exports that were refused. */
  refused(): number;
  /** Uuids of the events that were followed up. */
  followedUp: ReadonlySet<string>;
  /** Reports of the counter so far, and the number in the latest. */
  reports(): { times: number; latest: number };
}

/** Starts a server on this machine that takes what plugins post; the first exports are refused with 503. */
export async function startDemoSink(exportsToRefuse: number): Promise<DemoSink> {
  const exported = new Set<string>();
  const followedUp = new Set<string>();
  let refused = 0;
  let reports = { times: 0, latest: 0 };
  const routes: Record<string, (body: unknown) => number> = {
    '/exports'(events) {
      if (refused < exportsToRefuse) {
        refused++;
        return 503;
      }
      for (const { uuid } of events as { uuid: string }[]) exported.add(uuid);
      return 200;
    },
    '/follow-ups'(body) {
      followedUp.add((body as { uuid: string }).uuid);
      return 200;
    },
    '/counts'(body) {
      reports = { times: reports.times + 1, latest: (body as { events: number }).events };
      return 200;
    },
  };

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const route = routes[request.url ?? ''];
      response.statusCode = route?.(JSON.parse(Buffer.concat(chunks).toString('utf8'))) ?? 404;
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return {
    urls: { exports: url('/exports'), followUps: url('/follow-ups'), counts: url('/counts') },
    exported,
    refused: () => refused,
    followedUp,
    reports: () => reports,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
