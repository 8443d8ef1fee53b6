import type { HookError } from '../../shared/sandbox/protocol.ts';
import type { HttpAnswer, HttpRequest } from './http-exchange.ts';

/** What the bench's child says to the bench, beside what every host's child asks for: what it sends and what it gets. */
export interface ChildAsks {
  /** A child has begun: what an earlier one told of the work at hand happens again. */
  'bench.started': [null, null];
  /** A request is to be answered in place of the network. */
  'bench.http': [HttpRequest, HttpAnswer];
  /** Each error, where a batch reports the last one of a plugin only. Null: nobody knows whose it is. */
  'bench.error': [{ plugin: number | null; error: HookError }, null];
}

export type AskBench = <Name extends keyof ChildAsks>(
  name: Name,
  payload: ChildAsks[Name][0],
) => Promise<ChildAsks[Name][1]>;
