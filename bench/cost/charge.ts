import type { Service, Usage } from './usage.ts';

/** What one request is paid with. */
export interface Charge {
  service: Service;
  /** As the service calls it. */
  operation: string;
  /** The queue, table or bucket; empty where there is none. */
  on: string;
  usage: Usage;
  /** Made because there was nothing to do, so not on account of any event. */
  isIdle?: boolean;
}

/** Requests and events of queues and buses are counted in units of so many bytes. */
export const PAYLOAD_UNIT_BYTES = 65_536;

/** Units of a payload; an empty one is one, too. */
export function payloadUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / PAYLOAD_UNIT_BYTES));
}
