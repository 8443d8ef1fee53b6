import type { FrameWriter } from './frames.ts';
import { type Call, FRAME, type Reply } from './protocol.ts';

/** The child's calls to the parent's services. */
export interface ServiceCalls {
  call(service: Call['service'], payload: unknown): Promise<unknown>;
  onReply(reply: Reply): void;
}

export function createServiceCalls(writer: FrameWriter): ServiceCalls {
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  return {
    call(service, payload) {
      const id = ++lastId;
      writer.sendJson(FRAME.call, { id, service, payload } satisfies Call);
      return new Promise((resolve, reject) => open.set(id, { resolve, reject }));
    },
    onReply(reply) {
      const waiter = open.get(reply.id);
      open.delete(reply.id);
      if (reply.error === undefined) waiter?.resolve(reply.value);
      else waiter?.reject(new Error(reply.error));
    },
  };
}
