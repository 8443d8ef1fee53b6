import type { FrameWriter } from './frames.ts';
import { FRAME } from './protocol.ts';
import {
  type Answer,
  type Call,
  missingServiceText,
  type Reply,
  type Request,
  type ServiceName,
} from './service-calls.ts';

/** The child's calls to the parent's services. */
export interface Services {
  /** @throws the parent's error, or at once when the parent does not have the service. */
  call<Name extends ServiceName>(service: Name, payload: Request<Name>): Promise<Answer<Name>>;
  /** Why calls of the service would fail; null when the parent has it. For work that is sent later, when no plugin listens any more. */
  problemWith(service: ServiceName): string | null;
  onReply(reply: Reply): void;
}

export function createServiceCalls(writer: FrameWriter, missing: readonly ServiceName[] = []): Services {
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  const problemWith = (service: ServiceName) => (missing.includes(service) ? missingServiceText(service) : null);
  return {
    problemWith,
    async call<Name extends ServiceName>(service: Name, payload: Request<Name>): Promise<Answer<Name>> {
      const problem = problemWith(service);
      if (problem !== null) throw new Error(problem);
      const id = ++lastId;
      writer.sendJson(FRAME.call, { id, service, payload } satisfies Call);
      const answer = new Promise<unknown>((resolve, reject) => open.set(id, { resolve, reject }));
      return (await answer) as Answer<Name>;
    },
    onReply(reply) {
      const waiter = open.get(reply.id);
      open.delete(reply.id);
      if (reply.error === undefined) waiter?.resolve(reply.value);
      else waiter?.reject(new Error(reply.error));
    },
  };
}
