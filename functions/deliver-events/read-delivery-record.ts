import type { SQSRecord } from 'aws-lambda';
import type { IncomingDelivery } from '../../shared/host/run-deliveries.ts';
import { hopsOf } from '../hops-attribute.ts';

/** No plugin config has this id: the message waits, and becomes a dead letter in the end. */
const NOBODY = -1;

/** Reads what a message of `deliveries` says about itself, see `DeliveryAttributes`. */
export function readDeliveryRecord({ body, messageAttributes }: SQSRecord): IncomingDelivery {
  const number = (name: string): number | undefined => {
    const text = messageAttributes[name]?.stringValue;
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  return {
    body,
    plugin: number('pluginConfig') ?? NOBODY,
    events: number('events'),
    round: number('round') ?? 0,
    hops: hopsOf(messageAttributes),
    only: messageAttributes['only']?.stringValue === 'exportEvents' ? 'exportEvents' : undefined,
  };
}
