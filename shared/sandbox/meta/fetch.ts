import { builtinsOfFetch, closeBuiltins } from '../close-builtins.ts';
import type { PendingWork } from '../pending-work.ts';

/**
 * The `fetch` of plugins. A request ends with the hook's time limit at the latest, so that a server which never answers
 * cannot hold a batch; the batch waits for requests that the plugin did not await. Addresses are refused below, at the socket.
 */
export function createFetch(work: PendingWork, timeoutMilliseconds: number): typeof fetch {
  let closed = false;
  return (input, init) => {
    if (!closed) closeBuiltins(builtinsOfFetch());
    closed = true;
    const limit = AbortSignal.timeout(timeoutMilliseconds);
    const signal = init?.signal ? AbortSignal.any([init.signal, limit]) : limit;
    return work.track(fetch(input, { ...init, signal }));
  };
}
