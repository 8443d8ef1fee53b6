import { createDeliveryPacker } from '../../shared/event/pack-deliveries.ts';
import { DEFAULT_PACK_LIMITS } from '../../shared/event/pack-events.ts';
import type { DeliveryResult, IncomingDelivery } from '../../shared/host/run-deliveries.ts';
import { type DeliveryAttributes, type DeliveryMessage, deliveryMessages } from '../delivery-message.ts';

/** A delivery that takes the place of one, or of a part of it. */
export interface RecordMessage extends DeliveryMessage {
  /** Index of the record that it came from. */
  record: number;
}

/** Makes messages of the events for which there was no time. */
export function restMessages({ accounts, rests }: DeliveryResult, deliveries: IncomingDelivery[]): RecordMessage[] {
  const whole = accounts.flatMap(({ unfinished }, record) => {
    const delivery = deliveries[record];
    if (unfinished !== 'later' || delivery?.events === undefined) return [];
    return messagesOf(record, delivery, { body: delivery.body, events: delivery.events, only: delivery.only });
  });
  const parts = rests.flatMap(({ record, only, lines }) => {
    const delivery = deliveries[record];
    if (delivery === undefined) return [];
    const messages: RecordMessage[] = [];
    const packer = createDeliveryPacker(
      DEFAULT_PACK_LIMITS,
      ({ body, events }) =>
        messages.push(...messagesOf(record, delivery, { body: body.toString('utf8'), events, only })),
      refuse,
    );
    for (const [position, line] of lines.split('\n').entries()) packer.add(line, record, position);
    packer.flush();
    return messages;
  });
  return [...whole, ...parts];
}

function messagesOf(
  record: number,
  { plugin, round, hops }: IncomingDelivery,
  { body, events, only }: { body: string; events: number; only?: DeliveryAttributes['only'] | undefined },
): RecordMessage[] {
  const more = { ...(only === undefined ? {} : { only }), ...(round === 0 ? {} : { round: String(round) }) };
  return deliveryMessages([plugin], { body, events, hops, ...more }).map((message) => ({ ...message, record }));
}

/** Each came in a message of this very form. */
function refuse(_: number, position: number, bytes: number): never {
  throw new Error(`The event at position ${position} of a delivery has ${bytes} bytes and fits into no message`);
}
