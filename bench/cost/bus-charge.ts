import { type Charge, payloadUnits } from './charge.ts';

export interface BusRequest {
  Entries?: { EventBusName?: string; Source?: string; DetailType?: string; Detail?: string; Resources?: string[] }[];
}

/** What EventBridge counts of an entry that says when it happened, bytes. */
const TIME_BYTES = 14;

/** A request to EventBridge: one event for every 64 KiB of each entry of PutEvents. What else there is, is free. */
export function busCharge(operation: string, { Entries: entries = [] }: BusRequest): Charge {
  const events = entries.reduce((sum, { Source = '', DetailType = '', Detail = '', Resources = [] }) => {
    const texts = [Source, DetailType, Detail, ...Resources];
    return sum + payloadUnits(TIME_BYTES + texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0));
  }, 0);
  const isPut = operation === 'PutEvents';
  return {
    service: 'eventbridge',
    operation,
    on: entries[0]?.EventBusName ?? '',
    usage: isPut ? { busEvents: events } : {},
  };
}
