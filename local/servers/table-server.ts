import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import dynalite from 'dynalite';
import type { EmbeddedServer } from './queue-and-bucket-server.ts';

export interface TableServerOptions {
  /** Keeps tables and items in a LevelDB here; in memory when it is not given. */
  dataDirectory?: string;
}

/** Starts dynalite, which speaks DynamoDB, on a free port of 127.0.0.1. Tables are ready as soon as they are created. */
export async function startTableServer({ dataDirectory }: TableServerOptions): Promise<EmbeddedServer> {
  if (dataDirectory !== undefined) await mkdir(dataDirectory, { recursive: true });
  const server = dynalite({
    ...(dataDirectory === undefined ? {} : { path: dataDirectory }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  // A function that was frozen for a while must not find its idle connections closed: DynamoDB keeps them longer.
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
