import type { LocalFunction } from '../lambda/local-function.ts';
import type { KeptPorts } from './kept-ports.ts';
import { startUrlServer, type UrlServer } from './start-url-server.ts';

/** The URLs of a stack's functions. */
export interface FunctionUrls {
  /** Starts to serve, and gives the URL with a slash at its end. */
  add(url: { logicalId: string; localFunction: LocalFunction; isPublic(): boolean }): Promise<string>;
  /** Ends all servers; requests under way are cut off. */
  stop(): Promise<void>;
}

export interface FunctionUrlsOptions {
  ports: KeptPorts;
  /** In place of the kept one; nothing is served when it is taken. A stack with several URLs cannot have it. */
  wantedPort?: number;
  now: () => number;
  onProblem(problem: string): void;
}

/** Serves each URL on the port of the last run, so that whoever has noted it finds it again. */
export function createFunctionUrls({ ports, wantedPort, now, onProblem }: FunctionUrlsOptions): FunctionUrls {
  const servers: UrlServer[] = [];
  return {
    async add({ logicalId, ...served }) {
      const wanted = wantedPort ?? (await ports.get(logicalId));
      const server = await startUrlServer({ ...served, now, port: wanted }).catch((error: NodeJS.ErrnoException) => {
        if (wantedPort !== undefined)
          throw new Error(`Port ${wantedPort} cannot be had (${error.code}): choose another`, { cause: error });
        if (error.code !== 'EADDRINUSE') throw error;
        onProblem(`Port ${wanted} of ${logicalId} is taken by another program; it is served on another port`);
        return startUrlServer({ ...served, now, port: 0 });
      });
      servers.push(server);
      await ports.set(logicalId, server.port);
      return `http://127.0.0.1:${server.port}/`;
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
