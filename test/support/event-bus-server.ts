import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One entry of a request, as EventBridge gets it. */
export interface ReceivedEntry {
  EventBusName: string;
  Source: string;
  DetailType: string;
  /** JSON. */
  Detail: string;
  /** Epoch seconds. */
  Time: number;
}

export type BusAnswer = { status: number; body: object } | 'never';

/** Stands in for EventBridge, and answers as a test says. */
export interface EventBusServer extends AsyncDisposable {
  url: string;
  /** The entries of each request that came. */
  requests: ReceivedEntry[][];
}

/** The answer to a request of which everything is taken. */
export function allTaken(entries: ReceivedEntry[]): BusAnswer {
  const Entries = entries.map((_, index) => ({ EventId: `event-${index}` }));
  return { status: 200, body: { FailedEntryCount: 0, Entries } };
}

/** @param answer to the request with these entries, the how-manieth it is counted from 1 */
export async function startEventBusServer(
  answer: (entries: ReceivedEntry[], request: number) => BusAnswer,
): Promise<EventBusServer> {
  const requests: ReceivedEntry[][] = [];
  const respond = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const { Entries } = JSON.parse(await text(request)) as { Entries: ReceivedEntry[] };
    requests.push(Entries);
    const given = answer(Entries, requests.length);
    if (given === 'never') return;
    response.writeHead(given.status, { 'Content-Type': 'application/x-amz-json-1.1' }).end(JSON.stringify(given.body));
  };
  const server = http.createServer((request, response) => void respond(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
